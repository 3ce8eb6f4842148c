"""Watches the free space of the disk, drops evidence in time, and moves old entries into the archive.

Evidence is dropped before attendance lacks room.
"""

import logging
from datetime import datetime, timedelta
from typing import Final

from kiosk.attendance.evidence import EvidenceVault
from kiosk.clock.clock import Clock
from kiosk.clock.event_log import EventLog
from kiosk.screen import Phrase, Screen
from kiosk.storage.disk import DiskSpace
from sync.contract import EvidenceDropped, EvidenceDroppedDetail, StorageLow, StorageLowDetail
from sync.errors import StoreError, StoreRetryable
from sync.export.archive import Archive
from sync.parcels import Parcels

log = logging.getLogger(__name__)

_TIDY_EVERY_S: Final = 60.0
_SAY_EVERY_S: Final = 600.0
_WELL_AGAIN: Final = 1.1
"""The low state ends when the free space is this multiple of the limit, so that space near it is told once."""


class Archivist:
    """Moves entries that were delivered longer than `keep` ago from the ledger into the archive."""

    def __init__(self, archive: Archive, keep: timedelta) -> None:
        self._archive = archive
        self._keep = keep
        self._stopped = False

    def step(self, now: datetime, source: str) -> None:
        """Moves one package of entries, if `source` of the clock is `gnss` or `ntp`.

        Raises StoreRetryable when it is not possible now.
        """
        if self._stopped or source not in ("gnss", "ntp"):
            return
        try:
            self._archive.step(now - self._keep, now)
        except StoreRetryable:
            raise
        except StoreError as error:  # the ledger grows, and attendance goes on
            self._stopped = True
            log.error("old entries stay in the ledger until the next start: %s", error)  # noqa: TRY400


class DiskMonitor:
    """Watches the disk whenever `tick` is called, once a second. Evidence may take `evidence_bytes` at most."""

    def __init__(
        self,
        room: DiskSpace,
        parcels: Parcels,
        evidence: EvidenceVault,
        evidence_bytes: int,
        clock: Clock,
        event_log: EventLog,
        screen: Screen,
        archivist: Archivist,
    ) -> None:
        self._room = room
        self._parcels = parcels
        self._evidence = evidence
        self._most_bytes = evidence_bytes
        self._clock = clock
        self._event_log = event_log
        self._screen = screen
        self._archivist = archivist
        self._low = False
        self._told = False
        self._said_s: float | None = None
        self._dropped_s: float | None = None
        self._tidied_s: float | None = None

    def tick(self) -> None:
        """Looks at the free space once, and tidies up once a minute."""
        free_bytes = self._room.free_bytes()
        began, now_s = self._watch(free_bytes), self._clock.monotonic()
        if began or self._tidied_s is None or now_s - self._tidied_s >= _TIDY_EVERY_S:
            self._tidied_s = now_s
            try:
                self._tidy()
            except StoreRetryable as error:  # the disk is full or busy: the next round tries again
                log.warning("the disk cannot be tidied now: %s", error)

    def _watch(self, free_bytes: int) -> bool:
        """Tells of low space. Returns whether the space has become low just now."""
        was_low = self._low
        self._low = free_bytes < self._room.low_bytes * (_WELL_AGAIN if was_low else 1)
        if not self._low:
            self._told, self._said_s = False, None
            return False
        now_s = self._clock.monotonic()
        if self._said_s is None or now_s - self._said_s >= _SAY_EVERY_S:
            self._said_s = now_s
            self._tell_low(free_bytes)
        return not was_low

    def _tell_low(self, free_bytes: int) -> None:
        line = f"the disk is nearly full: {free_bytes / 1e6:.0f} MB are free"
        log.warning("%s in %s", line, self._room.folder)
        self._screen.say(Phrase("storage_low"), status=line)
        if not self._told:
            detail = StorageLowDetail(free_bytes=free_bytes, least_bytes=self._room.low_bytes)
            self._told = self._event_log.record(StorageLow(detail=detail)) is not None

    def _tidy(self) -> None:
        moment = self._clock.moment()
        self._evidence.reconcile()
        if moment.clock.source != "none":  # a clock that is wrong by months must not let anything expire
            self._parcels.expire(moment.at)
        self._archivist.step(moment.at, moment.clock.source)
        most_bytes = self._most_bytes
        if self._low:
            self._parcels.give_back_room()
            wanted_bytes = self._room.low_bytes - self._room.free_bytes()
            most_bytes = min(most_bytes, max(0, self._parcels.evidence_bytes() - max(0, wanted_bytes)))
        self._parcels.trim(most_bytes)
        self._tell_dropped()

    def _tell_dropped(self) -> None:
        dropped, now_s = self._parcels.untold(), self._clock.monotonic()
        if not dropped.count or (self._dropped_s is not None and now_s - self._dropped_s < _SAY_EVERY_S):
            return
        self._dropped_s = now_s
        log.warning("%d pieces of evidence were dropped, %d of them not sent", dropped.count, dropped.unacknowledged)
        detail = EvidenceDroppedDetail(count=dropped.count, bytes=dropped.bytes, unacknowledged=dropped.unacknowledged)
        if self._event_log.record(EvidenceDropped(detail=detail)) is not None:
            self._parcels.told(dropped)
