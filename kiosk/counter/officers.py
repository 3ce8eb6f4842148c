"""An officer's work at the screen: it begins with a PIN, and ends by itself."""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

from kiosk.counter.errors import CounterError
from kiosk.counter.pins import Pins
from kiosk.notes import Notes
from kiosk.screen import Line
from sync.contract import (
    OfficerSignedIn,
    OfficerSignedInDetail,
    OfficerSignedOut,
    OfficerSignedOutDetail,
)

IDLE_S: Final = 180.0


@dataclass(slots=True)
class Session:
    """Who works, known by the random `word`; last at `used_s`."""

    person: str
    name: str
    word: str = field(repr=False)
    used_s: float


class Officers:
    """At most one officer works at a time. Any thread may call it."""

    def __init__(self, pins: Pins, notes: Notes, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._pins = pins
        self._notes = notes
        self._monotonic = monotonic
        self._turn = threading.Lock()
        self._session: Session | None = None

    def sign_in(self, nip: str, pin: str) -> Session:
        """Begin to work; who worked before does so no more. CounterError as for `Pins.owner`."""
        officer = self._pins.owner(nip, pin, "officer")
        with self._turn:
            self._end("replaced")
            self._notes.append(OfficerSignedIn(detail=OfficerSignedInDetail(person=officer.id)))
            word = secrets.token_urlsafe(32)
            self._session = Session(officer.id, officer.details.called, word, self._monotonic())
            return self._session

    def at_work(self, word: str) -> Session:
        """The session of this word, which goes on. CounterError when it has ended, or never was."""
        with self._turn:
            found = self._found(word)
            found.used_s = self._monotonic()
            return found

    def sign_out(self, word: str) -> None:
        """End it. CounterError as for `at_work`."""
        with self._turn:
            self._found(word)
            self._end("asked")

    def tick(self) -> None:
        """End what nobody uses any more."""
        with self._turn:
            self._end_if_idle()

    def _found(self, word: str) -> Session:
        self._end_if_idle()
        found = self._session
        if found is None or not secrets.compare_digest(found.word.encode(), word.encode()):
            raise CounterError(401, Line("officer_ended"))
        return found

    def _end_if_idle(self) -> None:
        if self._session is not None and self._monotonic() - self._session.used_s >= IDLE_S:
            self._end("idle")

    def _end(self, reason: Literal["asked", "idle", "replaced"]) -> None:
        ended, self._session = self._session, None
        if ended is not None:
            detail = OfficerSignedOutDetail(person=ended.person, reason=reason)
            self._notes.append(OfficerSignedOut(detail=detail))
