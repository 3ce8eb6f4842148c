"""Which entries of the ledger are on their way during one connection. No I/O: the ledger alone says what is
delivered."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from sync.documents.receipt import Receipt
from sync.ledger import Stored

UNRECEIPTED: Final = 1000
"""Entries that may be at the broker without a receipt. A broker silently drops messages that overflow its queue;
mosquitto's holds 1000 by default."""

_GAP_PATIENCE_S: Final = 5.0
"""Seconds. An entry that a receipt leaves out may have been sent after the receipt; it is sent again only when its
sending is longer ago than this."""


class Outbox:
    """Hands out undelivered entries, oldest first, each once until it is due again after `resend_after_s`."""

    def __init__(self, resend_after_s: float) -> None:
        self._resend_after_s = resend_after_s
        self._sent_s: dict[int, float] = {}  # entries given to the broker, oldest sending first
        self._refused: set[int] = set()  # of those, the ones that the centre did not take: sent again when due
        self._through = 0  # all undelivered entries up to this number have been handed out
        self._end = 0  # the highest number that was ever handed out

    def room(self) -> int:
        """Return how many more entries may be sent without a receipt."""
        return max(0, UNRECEIPTED - len(self._sent_s) + len(self._refused))

    def next(self, waiting: Callable[[int, int], list[Stored]], limit: int, now_s: float) -> Iterator[Stored]:
        """Yield up to `limit` entries to be published now. `waiting(limit, after)` reads undelivered entries of the
        ledger."""
        oldest = itertools.takewhile(lambda sent: now_s - sent[1] >= self._resend_after_s, self._sent_s.items())
        self._again(seq for seq, _sent_s in oldest)
        limit = min(limit, self.room())
        if limit <= 0:
            return
        # When entries have become due again, entries that are on their way may follow them. They are skipped, so more
        # rows must be read.
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
        """Forget these entries: they are delivered."""
        for seq in seqs:
            self._sent_s.pop(seq, None)
            self._refused.discard(seq)

    def receipted(self, receipt: Receipt, now_s: float) -> None:
        """Forget the entries that are stored, and send again those that the receipt shows to be missing before its
        end."""
        also = set(receipt.also)
        self.delivered([seq for seq in self._sent_s if seq <= receipt.through_seq or seq in also])
        end = max(also, default=0)
        self._again(
            seq
            for seq, sent_s in self._sent_s.items()
            if seq < end and seq not in self._refused and now_s - sent_s >= _GAP_PATIENCE_S
        )

    def refused(self, seq: int) -> None:
        """Note that the centre did not take an entry. It no longer counts against the limit, and is sent again when
        due."""
        if seq in self._sent_s:
            self._refused.add(seq)

    def rewind(self, first: int, last: int) -> None:
        """Send the entries from `first` to `last` again."""
        self._through = min(self._through, first - 1)
        self._again(seq for seq in self._sent_s if first <= seq <= last)

    def _again(self, seqs: Iterable[int]) -> None:
        due = list(seqs)
        self.delivered(due)
        if due:
            self._through = min(self._through, min(due) - 1)
