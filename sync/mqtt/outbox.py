"""Which entries of the ledger are on their way during one connection. Pure bookkeeping; the ledger is the truth."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from sync.documents.receipt import Receipt
from sync.ledger import Stored

UNRECEIPTED: Final = 1000
"""Entries that may be at the broker without a receipt: a broker's queue is no store, and it drops what overflows it
without a word (mosquitto keeps 1000 by default)."""

_GAP_PATIENCE_S: Final = 5.0
"""A receipt that leaves an entry out may have crossed it: only one that was sent this long ago is sent again."""


class Outbox:
    """Hands out what waits, oldest first, each entry once until it is due again. A new one begins with all of it."""

    def __init__(self, resend_after_s: float) -> None:
        self._resend_after_s = resend_after_s
        self._sent_s: dict[int, float] = {}  # entries given to the broker, oldest sending first
        self._refused: set[int] = set()  # of those, what the centre did not take: tried again when due
        self._through = 0  # all that waits up to here has been handed out
        self._end = 0  # the latest that ever was

    def room(self) -> int:
        """How many more may go without a receipt."""
        return max(0, UNRECEIPTED - len(self._sent_s) + len(self._refused))

    def next(self, waiting: Callable[[int, int], list[Stored]], limit: int, now_s: float) -> Iterator[Stored]:
        """Up to `limit` entries to be published now; `waiting(limit, after)` reads the ledger."""
        oldest = itertools.takewhile(lambda sent: now_s - sent[1] >= self._resend_after_s, self._sent_s.items())
        self._again(seq for seq, _sent_s in oldest)
        limit = min(limit, self.room())
        if limit <= 0:
            return
        # After something became due again, what is on its way lies between: it is passed over.
        between = sum(seq > self._through for seq in self._sent_s) if self._through < self._end else 0
        for entry in waiting(limit + between, self._through):
            if entry.seq not in self._sent_s:
                if limit == 0:
                    return
                limit -= 1
                self._sent_s[entry.seq] = now_s
                yield entry
            self._through = entry.seq
            self._end = max(self._end, entry.seq)

    def delivered(self, seqs: Iterable[int]) -> None:
        """Nothing more is to be done for these."""
        for seq in seqs:
            self._sent_s.pop(seq, None)
            self._refused.discard(seq)

    def receipted(self, receipt: Receipt, now_s: float) -> None:
        """Forget what is stored, and send again what the receipt shows to be missing before its end."""
        also = set(receipt.also)
        self.delivered([seq for seq in self._sent_s if seq <= receipt.through_seq or seq in also])
        end = max(also, default=0)
        self._again(
            seq
            for seq, sent_s in self._sent_s.items()
            if seq < end and seq not in self._refused and now_s - sent_s >= _GAP_PATIENCE_S
        )

    def refused(self, seq: int) -> None:
        """The centre did not take this one: it does not hold up the others, and is tried again when it is due."""
        if seq in self._sent_s:
            self._refused.add(seq)

    def rewind(self, first: int, last: int) -> None:
        """Send these again, whatever is known of them."""
        self._through = min(self._through, first - 1)
        self._again(seq for seq in self._sent_s if first <= seq <= last)

    def _again(self, seqs: Iterable[int]) -> None:
        due = list(seqs)
        self.delivered(due)
        if due:
            self._through = min(self._through, min(due) - 1)
