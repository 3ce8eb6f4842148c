"""Which session an identified person is recorded in, and whether a record is due at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Literal

Session = Literal["in", "out"]


@dataclass(frozen=True, slots=True)
class Window:
    """When a session is recorded, local time: from `opens` up to, not including, `closes`; 00:00 ends the day."""

    session: Session
    opens: time
    closes: time

    def holds(self, at: time) -> bool:
        """Whether `at` lies in this window."""
        return self.opens <= at and (at < self.closes or self.closes == time.min)


def session_at(local: datetime, windows: Sequence[Window]) -> Session | None:
    """The session whose window is open, or None outside all of them."""
    return next((window.session for window in windows if window.holds(local.time())), None)


def day_start(local: datetime) -> datetime:
    """The local midnight from which "already recorded" counts."""
    return local.replace(hour=0, minute=0, second=0, microsecond=0)
