"""The test bed of the conformance checks: simulated kiosks at a broker, and what a check is."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from central.conformance.player import Player
from central.conformance.wire import Wire
from sync.documents.command import ResendFrom
from sync.documents.receipt import Receipt, Rejection
from sync.ledger import Stored

Said = TypeVar("Said")


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that the server may take for an answer, and seconds to wait after one for an answer that should not come.

    A server answers messages in order, unless several receivers at once change the order.
    """

    within_s: float = 10.0
    settle_s: float = 0.5


@dataclass(frozen=True, slots=True)
class TestBed:
    """Three simulated kiosks and their connection. Most checks use `first`; `stranger` is registered nowhere.

    A parameter `since` is a `mark`: only messages that were received after it count.
    """

    wire: Wire
    first: Player
    second: Player
    stranger: Player
    patience: Patience

    @property
    def mark(self) -> int:
        """The number of messages that were received so far."""
        return len(self.wire.heard)

    def send(self, player: Player, entries: Iterable[Stored]) -> None:
        """Publish entries on their kiosk's own topic."""
        self.wire.send((player.topics.entry, entry.payload) for entry in entries)

    def receipted(self, player: Player, entries: Sequence[Stored]) -> bool:
        """Send sound entries, and return whether the server then receipts each."""
        since = self.mark
        self.send(player, entries)
        if not self.hear(lambda: all(self.covers(player, entry.seq, since) for entry in entries)):
            return False
        player.delivered(entries)
        return True

    def caught_up(self, player: Player) -> bool:
        """Send the entries that are not delivered, and return whether the server receipts them."""
        return self.receipted(player, player.waiting())

    def probed(self) -> bool:
        """Return whether the server has processed all that was sent so far: a new entry of `second` must be receipted.

        A repeated entry would not do: a receipt of an earlier repetition may still be on its way.
        """
        self.second.tell()
        if not self.caught_up(self.second):
            return False
        self.wire.hear(lambda: False, self.patience.settle_s)
        return True

    def hear(self, until: Callable[[], bool]) -> bool:
        """Wait until `until` returns True, and return whether it does within the limit."""
        return self.wire.hear(until, self.patience.within_s)

    def covers(self, player: Player, seq: int, since: int) -> bool:
        """Whether a receipt says that an entry is stored."""
        return any(seq <= said.through_seq or seq in said.also for said in self._said(player, Receipt, since))

    def through(self, player: Player, since: int) -> int:
        """Return the highest `through_seq` of receipts, 0 without any."""
        return max((said.through_seq for said in self._said(player, Receipt, since)), default=0)

    def rejects(self, player: Player, seq: int, since: int) -> bool:
        """Whether an entry was rejected."""
        return any(said.seq == seq for said in self._said(player, Rejection, since))

    def asks(self, player: Player, seq: int, since: int) -> bool:
        """Whether an entry was asked for again."""
        return any(said.seq <= seq <= (said.through_seq or seq) for said in self._said(player, ResendFrom, since))

    def _said(self, player: Player, kind: type[Said], since: int) -> Iterator[Said]:
        for heard in self.wire.heard[since:]:
            if heard.kiosk == player.topics.kiosk and isinstance(heard.said, kind):
                yield heard.said


Play = Callable[[TestBed], str | None]
"""Plays one check on the test bed. Returns what the server did wrong, None when nothing."""


@dataclass(frozen=True, slots=True)
class ConformanceCheck:
    """One requirement of the contract, described in the sentence `about`, and the function that checks it.

    Where a check that is `ground` fails, the results of the others would mean nothing.
    """

    name: str
    about: str
    play: Play
    ground: bool = False

    @classmethod
    def of(cls, play: Play, ground: bool = False) -> "ConformanceCheck":
        """Return a check whose name and sentence are the name and docstring of the function."""
        return cls(play.__name__.replace("_", "-"), (play.__doc__ or "").strip(), play, ground)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The result of a check. `wrong` is None when nothing is wrong. A check that could not be run is not `played`."""

    check: str
    about: str
    wrong: str | None
    played: bool = True
