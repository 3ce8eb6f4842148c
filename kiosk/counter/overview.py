"""What an officer sees of the kiosk: today's entries with names, and whom the roster knows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from kiosk.people import People, Person
from kiosk.screen import Line, Words
from kiosk.web.messages import OverviewEntry, OverviewPerson
from sync.contract import Entry, RecordEntry
from sync.ledger import Ledger
from sync.nip import masked

MOST: Final = 500
"""Of the latest entries: a page is not a ledger."""


def entries_of_today(
    ledger: Ledger, people: Mapping[str, Person], words: Words, now: datetime
) -> tuple[OverviewEntry, ...]:
    """Today's entries, the newest first, at most `MOST`."""
    first = max(1, ledger.counts().last_seq - MOST + 1)
    today = [entry for entry in ledger.entries(first) if entry.at.astimezone(now.tzinfo).date() == now.date()]
    return tuple(_entry(entry, people, words) for entry in reversed(today))


def everybody(people: Mapping[str, Person]) -> tuple[OverviewPerson, ...]:
    """Everybody whom the kiosk knows, by name; `enrolled` says whether by face."""
    found = sorted(people.values(), key=lambda person: person.details.name.casefold())
    return tuple(
        OverviewPerson(id=person.id, name=person.details.called, masked_nip=_masked(person), enrolled=person.shots > 0)
        for person in found
    )


def known(people: People) -> Mapping[str, Person]:
    """Everybody by id."""
    return {person.id: person for person in people.all()}


def _entry(entry: Entry, people: Mapping[str, Person], words: Words) -> OverviewEntry:
    id_ = entry.body.person if isinstance(entry, RecordEntry) else getattr(entry.body.detail, "person", None)
    person = None if id_ is None else people.get(id_)
    name = id_ or "" if person is None else person.details.called
    return OverviewEntry(
        at=entry.at.isoformat(),
        kind=entry.body.session if isinstance(entry, RecordEntry) else entry.body.type,
        text=words.say(_line(entry, name)),
        masked=None if person is None else _masked(person),
    )


def _line(entry: Entry, name: str) -> Line:
    if not isinstance(entry, RecordEntry):
        return Line(f"event_{entry.body.type}", name=name)
    line = Line(f"record_{entry.body.session}", name=name)
    if entry.body.voids is not None:
        return Line("record_void", what=line)
    if entry.body.method == "pin":
        return Line("record_pin", what=line, reason=Line(f"pin_reason_{entry.body.reason or 'other'}"))
    return line


def _masked(person: Person) -> str | None:
    return None if person.details.nip is None else masked(person.details.nip)
