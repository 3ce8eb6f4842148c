"""A kiosk that is played: a real ledger and key, kept between runs because a sequence number is used once for ever."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sync.contract import ClockStamp, Draft, Moment, Place, RecordFacts, Started, StartedDetail
from sync.contract.topics import Topics
from sync.ledger import Ledger, Stored

_MOST: Final = 100_000


@dataclass(frozen=True, slots=True)
class Player:
    """One test kiosk. The server has its public key."""

    ledger: Ledger
    topics: Topics

    @property
    def last(self) -> int:
        """The number of its last entry."""
        return self.ledger.counts().last_seq

    def record(self, count: int = 1) -> list[Stored]:
        """Append so many records, and give them as they are sent."""
        first = self.last + 1
        for _ in range(count):
            self.ledger.append(record_draft())
        return self.between(first, self.last)

    def tell(self) -> list[Stored]:
        """Append an event, and give it as it is sent."""
        event = Started(detail=StartedDetail(version="conformance"))
        entry = self.ledger.append(Draft(event, _moment()))
        return self.between(entry.seq, entry.seq)

    def between(self, first: int, last: int) -> list[Stored]:
        """Its entries from one number to another, both included."""
        return [entry for entry in self.ledger.stored(max(1, first)) if entry.seq <= last]

    def waiting(self) -> list[Stored]:
        """What the server has not receipted yet, of earlier runs too."""
        return self.ledger.waiting(_MOST)

    def delivered(self, entries: Sequence[Stored]) -> None:
        """Remember that the server has these."""
        self.ledger.mark_receipted([entry.seq for entry in entries])


def record_draft() -> Draft:
    """A record of nobody, at the one place on earth where no office is."""
    place = Place(
        lat=0.0,
        lon=0.0,
        error_m=None,
        source="site",
        fix_age_s=None,
        satellites=None,
        from_site_m=0.0,
        inside=True,
    )
    facts = RecordFacts(
        person="conformance", session="in", method="pin", stage="trial", decree=None, place=place, match=None
    )
    return Draft(facts, _moment())


def _moment() -> Moment:
    clock = ClockStamp(source="none", uncertainty_s=None, boot_id="conformance", monotonic_s=time.monotonic())
    return Moment(datetime.now(UTC), clock)
