"""Who somebody is by NIP and PIN. Guessing is slow, and nobody learns from an answer whose NIP is known here."""

import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Literal

from kiosk.counter.errors import CounterError
from kiosk.counter.tries import Tries
from kiosk.notes import Notes
from kiosk.people import People, Person
from kiosk.screen import Line, clock_time
from kiosk.witness.clock import Clock
from sync.contract import PinRefused, PinRefusedDetail
from sync.nip import NipError, read_nip
from sync.pin import is_right

Purpose = Literal["record", "officer"]
_Reason = Literal["unknown_nip", "no_pin", "wrong_pin", "no_officer", "locked", "paused"]

_WAIT_S: Final = 3.0


class Pins:
    """Looks at one NIP and PIN after another; every one that is refused is an event."""

    def __init__(self, people: People, tries: Tries, notes: Notes, clock: Clock) -> None:
        self._people = people
        self._tries = tries
        self._notes = notes
        self._clock = clock
        self._turn = threading.Lock()
        self._told: set[str | None] = set()

    def owner(self, nip: str, pin: str, purpose: Purpose) -> Person:
        """Whose they are. CounterError when they are nobody's, or may not be looked at now."""
        digits = self._digits(nip)
        if not self._turn.acquire(timeout=_WAIT_S):
            raise CounterError(429, Line("pin_busy"))
        try:
            return self._owner(digits, pin, purpose)
        finally:
            self._turn.release()

    def _digits(self, nip: str) -> str:
        try:
            return read_nip(nip, self._clock.moment().latest.date()).digits
        except NipError:
            raise CounterError(403, Line("pin_nip_wrong")) from None

    def _owner(self, digits: str, pin: str, purpose: Purpose) -> Person:
        everybody = self._people.all()
        # Whom the wall knew by another id before the agency did has the roster's PIN, and its name in the record.
        known = next((one for one in sorted(everybody, key=_by_roster) if one.details.nip == digits), None)
        whom = f"?{digits}" if known is None else known.id  # no slug: it stays in memory, and locks as a person does
        self._check_tries(whom, known, purpose)
        right = is_right(pin, _hash_for(known, everybody))
        if known is None or known.details.pin is None or not right:
            reason: _Reason = "unknown_nip" if known is None else "no_pin" if known.details.pin is None else "wrong_pin"
            self._tries.note(whom, right=False)
            raise self._refused(known, purpose, reason)
        self._tries.note(known.id, right=True)
        if purpose == "officer" and not known.details.officer:
            raise self._refused(known, purpose, "no_officer")
        return known

    def _check_tries(self, whom: str, known: Person | None, purpose: Purpose) -> None:
        """CounterError while nobody's PIN is looked at, or not that of this person, or of this NIP that is nobody's."""
        if self._tries.paused_s() > 0:
            self._tell(None, None, purpose, "paused")
            raise CounterError(429, Line("pin_paused"))
        self._told.discard(None)
        locked_s = self._tries.locked_s(whom)
        if locked_s > 0:
            self._tell(whom, known, purpose, "locked")
            until = self._clock.moment().best + timedelta(seconds=locked_s)
            raise CounterError(429, Line("pin_locked", time=f"{clock_time(until)} {until.tzname()}"))
        self._told.discard(whom)

    def _tell(self, whom: str | None, known: Person | None, purpose: Purpose, reason: _Reason) -> None:
        """Once for each lock: nobody may fill the ledger."""
        if whom not in self._told:
            locked = {known for known in self._told if known is None or self._tries.locked_s(known) > 0}
            self._told = locked | {whom}
            self._note(known, purpose, reason)

    def _refused(self, known: Person | None, purpose: Purpose, reason: _Reason) -> CounterError:
        self._note(known, purpose, reason)
        return CounterError(403, Line("pin_wrong" if purpose == "record" else "officer_wrong"))

    def _note(self, known: Person | None, purpose: Purpose, reason: _Reason) -> None:
        detail = PinRefusedDetail(person=None if known is None else known.id, purpose=purpose, reason=reason)
        self._notes.append(PinRefused(detail=detail))


def _by_roster(person: Person) -> bool:
    return person.origin != "roster"  # these come first


def _hash_for(known: Person | None, everybody: Sequence[Person]) -> str | None:
    """What to compare with: for who has no PIN, somebody else's, so that an answer takes as long for everybody."""
    if known is not None and known.details.pin is not None:
        return known.details.pin
    return next((person.details.pin for person in everybody if person.details.pin is not None), None)
