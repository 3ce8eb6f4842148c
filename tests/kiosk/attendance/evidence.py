"""The bench of the tests of evidence: a ledger, parcels, and the vault between them."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from camera import Image
from kiosk.attendance.evidence import EvidenceVault
from kiosk.recognition.observation import BestFrame
from kiosk.storage.disk import DiskSpace
from models.face import Box
from sync.documents.sealing import Opener
from sync.ledger import Ledger
from sync.parcels import Parcels, evidence_purpose
from tests.sync.helpers import KIOSK, UNIT

AGENCY = Opener.make()
PURPOSE = evidence_purpose(UNIT, KIOSK)
NOW = datetime(2026, 1, 5, 7, 28, tzinfo=UTC)


def picture(height: int = 480, width: int = 640) -> Image:
    """Returns an image of noise, which JPEG compresses least."""
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), np.uint8)


SIGHTING = BestFrame(picture(), Box(200, 100, 400, 340))


class Desk:
    """A ledger, parcels and the vault between them, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = Ledger(folder / "ledger.db", KIOSK, UNIT)
        self.parcels = Parcels(folder / "parcels.db")
        self.keeper = self.keeper_with()

    def keeper_with(
        self,
        *,
        wanted: bool = True,
        sealed: bool = True,
        low_bytes: int = 0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> EvidenceVault:
        seal_to = AGENCY.public if sealed else None
        room = DiskSpace(self.folder, low_bytes, 0)
        return EvidenceVault(
            self.parcels,
            self.ledger,
            room,
            wanted=lambda: wanted,
            seal_to=seal_to,
            purpose=PURPOSE,
            monotonic=monotonic,
        )
