"""Writes the status messages of a kiosk: birth, heartbeat and offline."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sync.contract import Birth, CameraFacts, Heartbeat, Offline, Status
from sync.contract.topics import Topics
from sync.store.rows import Counts


@dataclass(frozen=True, slots=True)
class StatusFacts:
    """What a status reports of the hub: its time, boot, program version, free bytes on the data disk, and camera."""

    at: datetime
    boot_id: str
    version: str
    free_bytes: int
    camera: CameraFacts | None = None


class Statuses:
    """Writes the status messages of one kiosk. `facts` is called for each."""

    def __init__(self, topics: Topics, facts: Callable[[], StatusFacts]) -> None:
        self._topics = topics
        self._facts = facts

    def alive(self, kind: type[Birth | Heartbeat], counts: Counts) -> bytes:
        """Return a birth or a heartbeat, with the progress of the ledger."""
        facts = self._facts()
        status = kind(
            kiosk=self._topics.kiosk,
            unit=self._topics.unit,
            boot_id=facts.boot_id,
            version=facts.version,
            at=facts.at,
            last_seq=counts.last_seq,
            unsent=counts.unsent,
            waiting=counts.waiting,
            free_bytes=facts.free_bytes,
            camera=facts.camera,
        )
        return _wire(status)

    def offline(self, reason: Literal["stopped", "lost"]) -> bytes:
        """Return the message that the kiosk is not connected any more."""
        topics = self._topics
        return _wire(Offline(kiosk=topics.kiosk, unit=topics.unit, boot_id=self._facts().boot_id, reason=reason))


def _wire(status: Status) -> bytes:
    return status.model_dump_json().encode()
