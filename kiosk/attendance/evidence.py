"""Evidence of a record, or of a suspicion: the face as it was seen, sealed to the agency, so that people can judge."""

import logging
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
"""Bytes of a face crop before it is sealed."""

_AROUND: Final = 1.6
"""Sides of the crop in sides of the face: a mask, a hand or the edge of a print shows around it."""

_SIDES_PX: Final = (320, 240, 160)
_QUALITIES: Final = (85, 70, 50)
_LOOKED_AT: Final = 2000
"""Entries among which the record of unbound evidence is looked for: it was the next that was made."""


class EvidenceVault:
    """Seals and keeps evidence. The kiosk cannot read it back. Attendance never depends on it.

    `wanted` says whether the agency's policy asks for it now; `purpose` is what it is sealed for.
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
    ) -> None:
        self._parcels = parcels
        self._ledger = ledger
        self._room = room
        self._wanted = wanted
        self._seal_to = seal_to
        self._purpose = purpose

    def keep(self, person: str, best_frame: BestFrame | None, at: datetime) -> Evidence | None:
        """Keep the evidence of a record that is about to be made; None, and why in the log, when it cannot be kept."""
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
            digest = self._parcels.keep_evidence(person, sealed, at)
        except StoreError as error:
            log.error("no evidence is kept of this record: %s", error)  # noqa: TRY400 (the reason is all there is)
            return None
        return Evidence(sha256=digest, bytes=len(sealed))

    def bind(self, entry: Entry) -> None:
        """The record, or the event about a suspicion, is in the ledger: its evidence may be sent."""
        if entry.evidence is not None:
            try:
                self._parcels.bind(entry.evidence.sha256, entry.id)
            except StoreError as error:  # `settle` does it later
                log.warning("the evidence of entry %d waits: %s", entry.seq, error)

    def reconcile(self, before: datetime | None = None) -> None:
        """Bind what a crash left between a record and its evidence, or erase it when there is no such record.

        `before` leaves younger evidence alone: its record may be made in this moment.
        """
        unbound = self._parcels.unbound(before)
        if not unbound:
            return
        made = self._records()
        for digest in unbound:
            if (record := made.get(digest)) is not None:
                self._parcels.bind(digest, record)
            else:
                log.info("erasing evidence whose record was never made")
                self._parcels.discard(digest)

    def _records(self) -> dict[str, str]:
        """The ids of the latest entries that name evidence, by its digest."""
        first = max(1, self._ledger.counts().last_seq - _LOOKED_AT)
        entries = self._ledger.entries(first)
        return {entry.evidence.sha256: entry.id for entry in entries if entry.evidence is not None}


def crop(best_frame: BestFrame) -> bytes:
    """The face and a little around it as JPEG, at most 32 KB."""
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
