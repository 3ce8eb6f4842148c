"""Evidence of a record or a suspicion: the face as the camera saw it, sealed to the agency for people to judge.

The evidence is stored before its entry is appended, since the entry names its digest. `bind` then ties it to the entry,
and only bound evidence is sent. `reconcile` repairs what a crash left between the two steps.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

import cv2
import numpy as np

from camera import Image
from kiosk.recognition.observation import BestFrame
from kiosk.storage.disk import DiskSpace
from models.face import Box
from sync.contract import Entry, Evidence
from sync.documents.sealing import SealTo
from sync.errors import StoreError
from sync.ledger import Ledger
from sync.parcels import Parcels

log = logging.getLogger(__name__)

LARGEST: Final = 32 * 1024
"""The most bytes that a face crop may have before it is sealed."""

_AROUND: Final = 1.6
"""The side of the crop as a multiple of the side of the face, so that a hand or the edge of a print shows around it."""

_SIDES_PX: Final = (320, 240, 160)
_QUALITIES: Final = (85, 70, 50)
"""Longest sides and JPEG qualities that are tried, in this order, until a crop has at most `LARGEST` bytes."""

_SURELY_MADE_S: Final = 3600.0
"""After so long evidence has its entry, or never gets one."""

_LOOKED_AT: Final = 2000
"""How many of the newest entries are searched for the entry of unbound evidence: it is appended right afterwards."""


class EvidenceVault:
    """Seals evidence and keeps it until it is sent. The kiosk cannot read it back. Attendance never depends on it.

    Args:
        parcels: where sealed evidence waits to be sent.
        ledger: the entries that evidence is bound to.
        room: the disk; while it is nearly full, no evidence is kept.
        wanted: whether evidence is to be kept now, by the agency's policy or the settings.
        seal_to: the agency's public key; None keeps no evidence.
        purpose: the context string that the evidence is sealed for.
        monotonic: seconds that never jump.
    """

    def __init__(
        self,
        parcels: Parcels,
        ledger: Ledger,
        room: DiskSpace,
        *,
        wanted: Callable[[], bool],
        seal_to: SealTo | None,
        purpose: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parcels = parcels
        self._ledger = ledger
        self._room = room
        self._wanted = wanted
        self._seal_to = seal_to
        self._purpose = purpose
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._kept_s: dict[str, float] = {}  # when this process kept evidence that is not bound yet, by its digest

    def keep(self, person: str, best_frame: BestFrame | None, at: datetime) -> Evidence | None:
        """Seals and stores the evidence of an entry that is about to be appended, and returns its digest and size.

        Returns None when no evidence is wanted, or, with the reason in the log, when it cannot be kept.
        """
        if best_frame is None or not self._wanted():
            return None
        if self._seal_to is None:
            log.warning("no evidence is kept: set agency.seal_to to the agency's key")
            return None
        if self._room.low:
            log.warning("no evidence is kept: the disk is nearly full")
            return None
        sealed = self._seal_to.seal(crop(best_frame), self._purpose)
        try:
            with self._lock:
                digest = self._parcels.keep_evidence(person, sealed, at)
                self._kept_s[digest] = self._monotonic()
        except StoreError as error:
            log.error("no evidence is kept of this record: %s", error)  # noqa: TRY400 (the reason is all there is)
            return None
        return Evidence(sha256=digest, bytes=len(sealed))

    def bind(self, entry: Entry) -> None:
        """Marks the evidence that `entry` names as ready to be sent, since the entry is in the ledger now."""
        if entry.evidence is not None:
            try:
                self._bind(entry.evidence.sha256, entry.id)
            except StoreError as error:  # `reconcile` does it later
                log.warning("the evidence of entry %d waits: %s", entry.seq, error)

    def reconcile(self) -> None:
        """Binds evidence that a crash left unbound, and erases it when its entry was never appended.

        What this process has kept within the last hour is not erased: another thread may be appending its entry. The
        hour is not counted by the wall clock, which may be set in between. Raises StoreError when a store cannot be
        used.
        """
        with self._lock:  # evidence that is stored is known by `_kept_s`
            unbound = self._parcels.unbound()
        if not unbound:
            return
        entry_ids = self._entry_ids()
        for digest in unbound:
            if (entry_id := entry_ids.get(digest)) is not None:
                self._bind(digest, entry_id)
            elif not self._may_be_bound(digest):
                log.info("erasing evidence whose record was never made")
                self._parcels.discard(digest)
                self._kept_s.pop(digest, None)

    def _bind(self, digest: str, entry_id: str) -> None:
        self._parcels.bind(digest, entry_id)
        self._kept_s.pop(digest, None)

    def _may_be_bound(self, digest: str) -> bool:
        """Whether the entry of evidence may still be on its way into the ledger."""
        kept_s = self._kept_s.get(digest)
        return kept_s is not None and self._monotonic() - kept_s < _SURELY_MADE_S

    def _entry_ids(self) -> dict[str, str]:
        """Returns the ids of the newest entries that name evidence, by the digest of the evidence."""
        first = max(1, self._ledger.counts().last_seq - _LOOKED_AT)
        entries = self._ledger.entries(first)
        return {entry.evidence.sha256: entry.id for entry in entries if entry.evidence is not None}


def crop(best_frame: BestFrame) -> bytes:
    """Returns the face and a little around it as a JPEG of at most `LARGEST` bytes."""
    image = _cut(best_frame.image, best_frame.box)
    for side_px in _SIDES_PX:
        scale = side_px / max(image.shape[:2])
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
        for quality in _QUALITIES:
            jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
            if len(jpeg) <= LARGEST:
                return jpeg
    raise AssertionError(f"160 pixels do not fit into {LARGEST} bytes")


def _cut(image: Image, box: Box) -> Image:
    (x, y), half = box.centre, _AROUND * max(box.width, box.height) / 2
    height, width = image.shape[:2]
    left, right = max(0, int(x - half)), min(width, int(x + half) + 1)
    top, bottom = max(0, int(y - half)), min(height, int(y + half) + 1)
    return np.ascontiguousarray(image[top:bottom, left:right])
