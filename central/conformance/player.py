"""A simulated kiosk with a real ledger and key. They are kept between runs, because a number is never used twice."""

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
    """One simulated kiosk."""

    ledger: Ledger
    topics: Topics

    @property
    def last(self) -> int:
        """The sequence number of its last entry."""
        return self.ledger.counts().last_seq

    def record(self, count: int = 1) -> list[Stored]:
        """Append `count` records and return them."""
        first = self.last + 1
        for _ in range(count):
            self.ledger.append(record_draft())
        return self.between(first, self.last)

    def tell(self) -> list[Stored]:
        """Append an event and return it."""
        event = Started(detail=StartedDetail(version="conformance"))
        entry = self.ledger.append(Draft(event, _moment()))
        return self.between(entry.seq, entry.seq)

    def between(self, first: int, last: int) -> list[Stored]:
        """Return the entries from `first` to `last`, both included."""
        return [entry for entry in self.ledger.stored(max(1, first)) if entry.seq <= last]

    def waiting(self) -> list[Stored]:
        """Return the entries that the server has not receipted, those of earlier runs included."""
        return self.ledger.waiting(_MOST)

    def delivered(self, entries: Sequence[Stored]) -> None:
        """Note that the server has these entries."""
        self.ledger.mark_receipted([entry.seq for entry in entries])


def record_draft() -> Draft:
    """Return a record of a person who does not exist, at latitude and longitude 0, where no office is."""
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
