"""What a check is, and what became of it."""

from collections.abc import Callable
from dataclasses import dataclass

from central.conformance.stage import Stage

Play = Callable[[Stage], str | None]
"""Plays on the stage and says what the server did wrong, None when nothing."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the contract asks of a server, in a sentence, and how to see whether it does it.

    The others stand on one that is `ground`: where it fails they tell nothing.
    """

    name: str
    about: str
    play: Play
    ground: bool = False

    @classmethod
    def of(cls, play: Play, ground: bool = False) -> "Check":
        """A check whose name and sentence are the function's."""
        return cls(play.__name__.replace("_", "-"), (play.__doc__ or "").strip(), play, ground)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a check. `wrong` is None when all is fine; one that could not be played is not `played`."""

    check: str
    about: str
    wrong: str | None
    played: bool = True
