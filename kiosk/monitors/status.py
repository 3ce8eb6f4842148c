"""Gives the screen the status of the kiosk, and removes cards whose time is over."""

import logging
from collections.abc import Callable

from kiosk.attendance.stage import Stage
from kiosk.clock.clock import Clock, JudgedMoment
from kiosk.recognition.liveness import Level
from kiosk.screen import Chips, Screen
from kiosk.storage.disk import DiskSpace
from sync.contract import Place
from sync.errors import StoreRetryable
from sync.ledger import Ledger
from sync.mqtt.uplink import Uplink

log = logging.getLogger(__name__)


class StatusMonitor:
    """Updates the status line whenever `tick` is called: once a second, since the clock of the page depends on it."""

    def __init__(
        self,
        screen: Screen,
        clock: Clock,
        ledger: Ledger,
        uplink: Uplink,
        room: DiskSpace,
        *,
        stage: Callable[[], Stage],
        place: Callable[[JudgedMoment], Place],
        level: Callable[[], Level],
    ) -> None:
        self._screen = screen
        self._clock = clock
        self._ledger = ledger
        self._uplink = uplink
        self._room = room
        self._stage = stage
        self._place = place
        self._level = level
        self._waiting = 0

    def tick(self) -> None:
        """Collects the status once and gives it to the screen."""
        moment = self._clock.moment()
        chips = Chips(
            at=moment.best.isoformat(timespec="seconds"),
            zone=moment.best.tzname() or "",
            stage=self._stage().name,
            online=self._uplink.state.phase == "online",
            waiting=self._count(),
            place=self._place(moment).source,
            clock=moment.clock.source != "none",
            room=self._room.free_bytes() >= self._room.low_bytes,
            careful=self._level() != "off",
        )
        self._screen.tick(chips)

    def _count(self) -> int:
        try:
            self._waiting = self._ledger.counts().waiting
        except StoreRetryable as error:  # the last count stays on the screen
            log.debug("the entries that wait cannot be counted now: %s", error)
        return self._waiting
