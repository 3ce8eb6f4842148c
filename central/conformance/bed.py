"""What a conformance check is, and what it works with: kiosks that are played over the broker."""

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
    """How long the server may take over an answer, and how long after one it may still say what it should not.

    What it says of a message comes before its answer to the next one, unless receivers side by side change the order.
    """

    within_s: float = 10.0
    settle_s: float = 0.5


@dataclass(frozen=True, slots=True)
class TestBed:
    """Most checks are played by `first`; `second` is another device, `stranger` is registered nowhere.

    Where a method says `since`, only what was heard after so many things counts: see `mark`.
    """

    wire: Wire
    first: Player
    second: Player
    stranger: Player
    patience: Patience

    @property
    def mark(self) -> int:
        """How much was heard so far."""
        return len(self.wire.heard)

    def send(self, player: Player, entries: Iterable[Stored]) -> None:
        """Publish entries on their kiosk's own topic."""
        self.wire.send((player.topics.entry, entry.payload) for entry in entries)

    def receipted(self, player: Player, entries: Sequence[Stored]) -> bool:
        """Send sound entries, and say whether the server then says of each that it is stored."""
        since = self.mark
        self.send(player, entries)
        if not self.hear(lambda: all(self.covers(player, entry.seq, since) for entry in entries)):
            return False
        player.delivered(entries)
        return True

    def caught_up(self, player: Player) -> bool:
        """Send what waits, and say whether it is stored."""
        return self.receipted(player, player.waiting())

    def probed(self) -> bool:
        """Whether the server has come past all that was sent so far: `first` repeats what is stored already."""
        waiting = self.first.waiting()
        known = waiting[0].seq - 1 if waiting else self.first.last
        if not self.receipted(self.first, self.first.between(known, known)):
            return False
        self.wire.hear(lambda: False, self.patience.settle_s)
        return True

    def hear(self, until: Callable[[], bool]) -> bool:
        """Whether something holds within the limit."""
        return self.wire.hear(until, self.patience.within_s)

    def covers(self, player: Player, seq: int, since: int) -> bool:
        """Whether a receipt says that an entry is stored."""
        return any(seq <= said.through_seq or seq in said.also for said in self._said(player, Receipt, since))

    def through(self, player: Player, since: int) -> int:
        """The highest `through_seq`; 0 without any."""
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
"""Plays on the stage and says what the server did wrong, None when nothing."""


@dataclass(frozen=True, slots=True)
class ConformanceCheck:
    """One thing that the contract asks of a server, in a sentence, and how to see whether it does it.

    The others stand on one that is `ground`: where it fails they tell nothing.
    """

    name: str
    about: str
    play: Play
    ground: bool = False

    @classmethod
    def of(cls, play: Play, ground: bool = False) -> "ConformanceCheck":
        """A check whose name and sentence are the function's."""
        return cls(play.__name__.replace("_", "-"), (play.__doc__ or "").strip(), play, ground)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What became of a check. `wrong` is None when all is fine; one that could not be played is not `played`."""

    check: str
    about: str
    wrong: str | None
    played: bool = True
