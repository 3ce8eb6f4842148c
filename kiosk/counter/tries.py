"""Which PINs were tried here: remembered over a restart by the ledger, which has every wrong one."""

from collections import deque
from typing import Final

from kiosk.rules.tries import Try, locked_until_s, paused_until_s
from kiosk.witness.clock import Clock, JudgedMoment
from sync.contract import Entry, OfficerSignedIn, PinRefused, PinSet, RecordEntry
from sync.ledger import Ledger

_LOOKED_AT: Final = 2000
"""Entries that are looked through for what was tried before this start."""

_KEPT: Final = 1000


class Tries:
    """Counts tries, in seconds of this boot: a clock that is set does not shorten a lock. For one thread at a time."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._tries: deque[Try] = deque(maxlen=_KEPT)
        self._next_seq: int | None = None

    def now_s(self) -> float:
        """Seconds of this boot."""
        return self._clock.steady()

    def note(self, person: str, *, right: bool) -> None:
        """A PIN was looked at, of this person or of a NIP that is nobody's."""
        self._tries.append(Try(self.now_s(), person, right))

    def locked_s(self, person: str) -> float:
        """For how many seconds more this person's PIN is not looked at; 0 or less when it is."""
        self._catch_up()
        return locked_until_s(self._tries, person) - self.now_s()

    def paused_s(self) -> float:
        """The same, for everybody's."""
        self._catch_up()
        return paused_until_s(self._tries) - self.now_s()

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
                self._tries.append(Try(_at_s(entry, now), person, right))
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
