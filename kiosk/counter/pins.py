"""Who somebody is by NIP and PIN. Guessing is slow, and no answer tells whose NIP is known here."""

import threading
from collections import deque
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Literal

from kiosk.clock.clock import Clock, JudgedMoment
from kiosk.clock.event_log import EventLog
from kiosk.counter.lockout import PinAttempt, locked_until_s, paused_until_s
from kiosk.people import People, Person
from kiosk.screen import Phrase, clock_time
from kiosk.web.actions import ActionRefusedError
from sync.contract import Entry, OfficerSignedIn, PinRefused, PinRefusedDetail, PinSet, RecordEntry
from sync.ledger import Ledger
from sync.nip import NipError, read_nip
from sync.pin import is_right

_LOOKED_AT: Final = 2000
"""Entries that are looked through for what was tried before this start."""

_KEPT: Final = 1000


class PinAttempts:
    """Counts tries, in seconds of this boot: a clock that is set does not shorten a lock. For one thread at a time."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._attempts: deque[PinAttempt] = deque(maxlen=_KEPT)
        self._next_seq: int | None = None

    def now_s(self) -> float:
        """Seconds of this boot."""
        return self._clock.steady()

    def note(self, person: str, *, right: bool) -> None:
        """A PIN was looked at, of this person or of a NIP that is nobody's."""
        self._attempts.append(PinAttempt(self.now_s(), person, right))

    def locked_s(self, person: str) -> float:
        """For how many seconds more this person's PIN is not looked at; 0 or less when it is."""
        self._catch_up()
        return locked_until_s(self._attempts, person) - self.now_s()

    def paused_s(self) -> float:
        """For how many seconds more nobody's PIN is looked at; 0 or less when PINs are."""
        self._catch_up()
        return paused_until_s(self._attempts) - self.now_s()

    def _catch_up(self) -> None:
        """At first, all that the ledger tells; then only of the PINs that a command has set meanwhile, for what is
        tried here is noted already, also while the disk is full."""
        first, afresh = self._next_seq, self._next_seq is None
        if first is None:
            first = max(1, self._ledger.counts().last_seq - _LOOKED_AT)
        now = self._clock.moment()
        for entry in self._ledger.entries(first):
            first = entry.seq + 1
            tried = _tried(entry)
            if tried is not None and (afresh or isinstance(entry.body, PinSet)):
                person, right = tried
                self._attempts.append(PinAttempt(_at_s(entry, now), person, right))
        self._next_seq = first


def _tried(entry: Entry) -> tuple[str | None, bool] | None:
    """Whose PIN an entry tells of, and whether it was right."""
    body = entry.body
    if isinstance(entry, RecordEntry):
        given = entry.body.method == "pin" and entry.body.voids is None
        return (entry.body.person, True) if given else None
    if isinstance(body, PinSet | OfficerSignedIn):
        return body.detail.person, True
    if isinstance(body, PinRefused) and body.detail.reason in ("unknown_nip", "no_pin", "wrong_pin"):
        return body.detail.person, False
    return None


def _at_s(entry: Entry, now: JudgedMoment) -> float:
    """When an entry was made, in seconds of this boot: before it by as much as the clocks tell, if they tell it."""
    if entry.clock.boot_id == now.clock.boot_id:
        return entry.clock.monotonic_s
    return min(0.0, now.clock.monotonic_s - (now.latest - entry.at).total_seconds())


Purpose = Literal["record", "officer"]
_Reason = Literal["unknown_nip", "no_pin", "wrong_pin", "no_officer", "locked", "paused"]

_WAIT_S: Final = 3.0


class PinAuthenticator:
    """Looks at one NIP and PIN after another; every one that is refused is an event."""

    def __init__(self, people: People, attempts: PinAttempts, event_log: EventLog, clock: Clock) -> None:
        self._people = people
        self._attempts = attempts
        self._event_log = event_log
        self._clock = clock
        self._lock = threading.Lock()
        self._told: set[str | None] = set()

    def owner(self, nip: str, pin: str, purpose: Purpose) -> Person:
        """Returns the person whose NIP and PIN these are.

        Raises ActionRefusedError when they are nobody's, or may not be looked at now.
        """
        digits = self._digits(nip)
        if not self._lock.acquire(timeout=_WAIT_S):
            raise ActionRefusedError(429, Phrase("pin_busy"))
        try:
            return self._owner(digits, pin, purpose)
        finally:
            self._lock.release()

    def _digits(self, nip: str) -> str:
        try:
            return read_nip(nip, self._clock.moment().latest.date()).digits
        except NipError:
            raise ActionRefusedError(403, Phrase("pin_nip_wrong")) from None

    def _owner(self, digits: str, pin: str, purpose: Purpose) -> Person:
        everybody = self._people.all()
        # Whom the wall knew by another id before the agency did has the roster's PIN, and its name in the record.
        known = next((one for one in sorted(everybody, key=_by_roster) if one.details.nip == digits), None)
        whom = f"?{digits}" if known is None else known.id  # no slug: it stays in memory, and locks as a person does
        self._check_attempts(whom, known, purpose)
        right = is_right(pin, _hash_for(known, everybody))
        if known is None or known.details.pin is None or not right:
            reason: _Reason = "unknown_nip" if known is None else "no_pin" if known.details.pin is None else "wrong_pin"
            self._attempts.note(whom, right=False)
            raise self._refused(known, purpose, reason)
        self._attempts.note(known.id, right=True)
        if purpose == "officer" and not known.details.officer:
            raise self._refused(known, purpose, "no_officer")
        return known

    def _check_attempts(self, whom: str, known: Person | None, purpose: Purpose) -> None:
        """Raises ActionRefusedError while all PINs are paused, or while that of `whom` is locked."""
        if self._attempts.paused_s() > 0:
            self._tell(None, None, purpose, "paused")
            raise ActionRefusedError(429, Phrase("pin_paused"))
        self._told.discard(None)
        locked_s = self._attempts.locked_s(whom)
        if locked_s > 0:
            self._tell(whom, known, purpose, "locked")
            until = self._clock.moment().best + timedelta(seconds=locked_s)
            raise ActionRefusedError(429, Phrase("pin_locked", time=f"{clock_time(until)} {until.tzname()}"))
        self._told.discard(whom)

    def _tell(self, whom: str | None, known: Person | None, purpose: Purpose, reason: _Reason) -> None:
        """Once for each lock: nobody may fill the ledger."""
        if whom not in self._told:
            locked = {known for known in self._told if known is None or self._attempts.locked_s(known) > 0}
            self._told = locked | {whom}
            self._note(known, purpose, reason)

    def _refused(self, known: Person | None, purpose: Purpose, reason: _Reason) -> ActionRefusedError:
        self._note(known, purpose, reason)
        return ActionRefusedError(403, Phrase("pin_wrong" if purpose == "record" else "officer_wrong"))

    def _note(self, known: Person | None, purpose: Purpose, reason: _Reason) -> None:
        detail = PinRefusedDetail(person=None if known is None else known.id, purpose=purpose, reason=reason)
        self._event_log.record(PinRefused(detail=detail))


def _by_roster(person: Person) -> bool:
    return person.origin != "roster"  # these come first


def _hash_for(known: Person | None, everybody: Sequence[Person]) -> str | None:
    """What to compare with: for who has no PIN, somebody else's, so that an answer takes as long for everybody."""
    if known is not None and known.details.pin is not None:
        return known.details.pin
    return next((person.details.pin for person in everybody if person.details.pin is not None), None)
