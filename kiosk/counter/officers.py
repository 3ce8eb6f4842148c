"""An officer's work at the screen: it begins with a PIN, shows the day's entries and people, and ends by itself."""

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from kiosk.clock.event_log import EventLog
from kiosk.counter.pins import PinAuthenticator
from kiosk.people import People, Person
from kiosk.screen import Phrase, Words
from kiosk.web.actions import ActionRefusedError
from kiosk.web.messages import OverviewEntry, OverviewPerson
from sync.contract import (
    Entry,
    OfficerSignedIn,
    OfficerSignedInDetail,
    OfficerSignedOut,
    OfficerSignedOutDetail,
    RecordEntry,
)
from sync.ledger import Ledger
from sync.nip import masked

IDLE_S: Final = 180.0


@dataclass(slots=True)
class OfficerSession:
    """Who works, known by the random `word`; last at `used_s`."""

    person: str
    name: str
    word: str = field(repr=False)
    used_s: float


class OfficerSessions:
    """At most one officer works at a time. Any thread may call it."""

    def __init__(
        self, pins: PinAuthenticator, event_log: EventLog, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._pins = pins
        self._event_log = event_log
        self._monotonic = monotonic
        self._turn = threading.Lock()
        self._session: OfficerSession | None = None

    def sign_in(self, nip: str, pin: str) -> OfficerSession:
        """Begin a session, which ends any other. ActionRefusedError as for `PinAuthenticator.owner`."""
        officer = self._pins.owner(nip, pin, "officer")
        with self._turn:
            self._end("replaced")
            self._event_log.record(OfficerSignedIn(detail=OfficerSignedInDetail(person=officer.id)))
            word = secrets.token_urlsafe(32)
            self._session = OfficerSession(officer.id, officer.details.called, word, self._monotonic())
            return self._session

    def at_work(self, word: str) -> OfficerSession:
        """The session of this word, which goes on. ActionRefusedError when it has ended, or never was."""
        with self._turn:
            found = self._found(word)
            found.used_s = self._monotonic()
            return found

    def sign_out(self, word: str) -> None:
        """End the session of this word. ActionRefusedError as for `at_work`."""
        with self._turn:
            self._found(word)
            self._end("asked")

    def tick(self) -> None:
        """End what nobody uses any more."""
        with self._turn:
            self._end_if_idle()

    def _found(self, word: str) -> OfficerSession:
        self._end_if_idle()
        found = self._session
        if found is None or not secrets.compare_digest(found.word.encode(), word.encode()):
            raise ActionRefusedError(401, Phrase("officer_ended"))
        return found

    def _end_if_idle(self) -> None:
        if self._session is not None and self._monotonic() - self._session.used_s >= IDLE_S:
            self._end("idle")

    def _end(self, reason: Literal["asked", "idle", "replaced"]) -> None:
        ended, self._session = self._session, None
        if ended is not None:
            detail = OfficerSignedOutDetail(person=ended.person, reason=reason)
            self._event_log.record(OfficerSignedOut(detail=detail))


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


def known_people(people: People) -> Mapping[str, Person]:
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


def _line(entry: Entry, name: str) -> Phrase:
    if not isinstance(entry, RecordEntry):
        return Phrase(f"event_{entry.body.type}", name=name)
    line = Phrase(f"record_{entry.body.session}", name=name)
    if entry.body.voids is not None:
        return Phrase("record_void", what=line)
    if entry.body.method == "pin":
        return Phrase("record_pin", what=line, reason=Phrase(f"pin_reason_{entry.body.reason or 'other'}"))
    return line


def _masked(person: Person) -> str | None:
    return None if person.details.nip is None else masked(person.details.nip)
