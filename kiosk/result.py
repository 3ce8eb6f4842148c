"""What a person at the kiosk is known by, and what became of their visit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from kiosk.rules.outcome import Outcome
from kiosk.storage.evidence import Sighting
from sync.contract import Entry, Liveness, Match, PinReason, SessionName


@dataclass(frozen=True, slots=True)
class Presence:
    """A person who is there, the schedule they work by (None is the default), and how that is known: a face's match,
    or the `reason` for a PIN. `sighting` shows them."""

    person: str
    schedule: str | None
    match: Match | None = None
    liveness: Liveness | None = None
    reason: PinReason | None = None
    sighting: Sighting | None = None

    @property
    def method(self) -> Literal["face", "pin"]:
        """How they are known."""
        return "face" if self.match is not None else "pin"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a visit. `recorded` is said only of an entry that is on the disk; `early`, that nothing is
    recorded unless the person, who leaves before the end of the shift, says so."""

    outcome: Literal[
        "recorded", "repeat", "early", "practice", "inactive", "holiday", "closed", "spoof", "unknown", "refused"
    ]
    at: datetime
    """When it was decided; for a repeat, when the person was recorded before."""
    visit: Outcome | None = None
    """How a face was seen; None for a PIN."""
    person: str | None = None
    session: SessionName | None = None
    entry: Entry | None = None
    presence: Presence | None = None
    """Of who is asked whether they leave early."""
    ends: datetime | None = None
    """When their shift ends."""
