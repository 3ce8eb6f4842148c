"""What a kiosk says of itself, as it is published."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sync.contract import Birth, CameraFacts, Heartbeat, Offline, Status
from sync.contract.topics import Topics
from sync.store.rows import Counts


@dataclass(frozen=True, slots=True)
class StatusFacts:
    """What only the hub knows of itself: its clock, this boot, the program's version, the room left for data and the
    camera."""

    at: datetime
    boot_id: str
    version: str
    free_bytes: int
    camera: CameraFacts | None = None


class Statuses:
    """Writes the status messages of one kiosk; `facts` is asked for each."""

    def __init__(self, topics: Topics, facts: Callable[[], StatusFacts]) -> None:
        self._topics = topics
        self._facts = facts

    def alive(self, kind: type[Birth | Heartbeat], counts: Counts) -> bytes:
        """A birth or a heartbeat, with how far the ledger has come."""
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
        """That the kiosk is not connected any more."""
        topics = self._topics
        return _wire(Offline(kiosk=topics.kiosk, unit=topics.unit, boot_id=self._facts().boot_id, reason=reason))


def _wire(status: Status) -> bytes:
    return status.model_dump_json().encode()
