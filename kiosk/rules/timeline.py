"""The wall clock against one that nothing steers: steps, and what time it was when the wall clock was wrong."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from kiosk.rules.provenance import Reference

STEP_S = 1.0
"""Larger departures are events."""

REBASE_S = 3600.0
"""Departures are counted for so long: an ordinary crystal drifts by 0.4 s in it (100 ppm), and is no event."""

DRIFT = 1e-4
"""The rate error of an ordinary crystal that nothing steers, in seconds per second."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Both clocks at one moment."""

    wall: datetime
    steady_s: float

    def wall_at(self, steady_s: float) -> datetime:
        """What the wall clock would show at another moment, had nobody touched it."""
        return self.wall + timedelta(seconds=steady_s - self.steady_s)


@dataclass(frozen=True, slots=True)
class Step:
    """The wall clock moved: it shows `after` where it would have shown `before`."""

    before: datetime
    after: datetime

    @property
    def seconds(self) -> float:
        """Positive when it jumped forward."""
        return (self.after - self.before).total_seconds()


def step_between(base: Tick, now: Tick) -> Step | None:
    """The step or slew since `base`, when it is larger than `STEP_S`."""
    step = Step(base.wall_at(now.steady_s), now.wall)
    return step if abs(step.seconds) > STEP_S else None


def base_after(base: Tick, now: Tick) -> Tick:
    """What the next moment is compared with: `base` until it is told of or too old."""
    return now if step_between(base, now) or now.steady_s - base.steady_s >= REBASE_S else base


def corrected(reference: Reference, now_s: float, then_s: float) -> tuple[datetime, float]:
    """The time at the steady instant `then_s`, by a reference of the instant `now_s`, and its uncertainty in s."""
    elapsed_s = now_s - then_s
    return reference.utc - timedelta(seconds=elapsed_s), reference.uncertainty_s + DRIFT * abs(elapsed_s)
