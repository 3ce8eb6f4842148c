"""Asking somebody to do something, and judging whether they did it: a state machine fed one glimpse a frame.

Pure: what is asked comes in an order from outside, and its clock is the time the frames were taken.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from random import Random

from models.liveness.actions import RULES, TURNS, Action, Stance, progress, stance, usual
from models.liveness.finding import THRESHOLD, Check, Finding, Suspicion
from models.liveness.parallax import turning
from models.liveness.track import LivenessSample

BASELINE_S = 0.4
_BASELINE_FRAMES = 3
"""How long somebody looks ahead before they are asked, and in how many frames at least."""

SETTLE_S = 2.5
"""How long is waited for that."""

SOONEST_S = 0.2
"""Nobody answers faster (visual reaction time is about 0.25 s): what moved by then was not an answer."""

EARLY_DEG = 4.0
"""What a turn may have gone by then: who plays a film in which somebody turns has to be lucky with its moment, too."""

TRIES = 2
"""So many actions are asked for at most: each is another chance for a film in which somebody happens to move."""

USUAL_ACTIONS = (Action.TURN_LEFT, Action.TURN_RIGHT, Action.OPEN_MOUTH)
"""What a print, with or without eye holes, cannot do; it can be held still or nearer, and eyes behind it can blink."""


def drawn(random: Random, allowed: Collection[Action] = USUAL_ACTIONS) -> tuple[Action, ...]:
    """An order to ask in: a turn first, when one is allowed, as it alone shows depth; the others stand in for it."""
    turns, others = sorted(set(allowed) & TURNS), sorted(set(allowed) - TURNS)
    random.shuffle(turns)
    random.shuffle(others)
    return (*turns[:1], *others[:1], *turns[1:], *others[1:])


@dataclass(frozen=True, slots=True)
class ChallengeStep:
    """After a frame: what is asked now and how far it has gone, 0 to 1, and the finding once it is over.

    At 1 it is done, and what is left is to look ahead again.
    """

    asks: Action | None
    progress: float = 0.0
    finding: Finding | None = None


class _Phase(Enum):
    SETTLING = auto()
    ASKED = auto()
    RETURNING = auto()
    OVER = auto()


class Challenge:
    """One challenge: `needed` of the actions in `order` must be done; one that is not gives way to the next.

    The first is asked for after `delay_s`, which is drawn outside, so that no recording knows when. A turn must show a
    head with depth; after one that does not, only another turn will do. After `TRIES` that were not done it is over.
    Raises ValueError when `order` is too short.
    """

    def __init__(self, order: Sequence[Action], delay_s: float, needed: int = 1) -> None:
        if not 1 <= needed <= len(order):
            raise ValueError(f"a challenge needs {needed} of {len(order)} actions: allow at least as many as it needs")
        self._order = list(order)
        self._delay_s = delay_s
        self._needed = needed
        self._phase = _Phase.SETTLING
        self._since_s: float | None = None
        self._track: list[LivenessSample] = []
        self._before: Stance | None = None
        self._reason = Suspicion.NOT_DONE
        self._finding: Finding | None = None
        self._done = 0
        self._tried = 0
        self._progress = 0.0

    def see(self, seen: LivenessSample) -> ChallengeStep:
        """Take in one frame."""
        if self._since_s is None:
            self._since_s = seen.at_s
        self._track.append(seen)
        match self._phase:
            case _Phase.SETTLING:
                self._settle(seen)
            case _Phase.ASKED | _Phase.RETURNING if self._before is not None:
                self._follow(seen, self._before)
        asks = self._order[0] if self._phase in {_Phase.ASKED, _Phase.RETURNING} else None
        return ChallengeStep(asks, self._progress if asks else 0.0, self._finding)

    def _settle(self, seen: LivenessSample) -> None:
        """Wait until somebody has looked ahead for a moment, then ask."""
        waited_s = seen.at_s - (self._since_s or 0.0)
        recent = sum(seen.at_s - one.at_s <= BASELINE_S for one in self._track)
        self._track = self._track[-max(recent, _BASELINE_FRAMES) :]
        ahead = len(self._track) >= _BASELINE_FRAMES and _waits([stance(one) for one in self._track])
        if ahead and waited_s >= max(self._delay_s, BASELINE_S):
            self._before = usual(self._track)
            self._enter(_Phase.ASKED, seen)
        elif waited_s >= self._delay_s + SETTLE_S:
            self._give_up(seen, Suspicion.NOT_DONE)

    def _follow(self, seen: LivenessSample, before: Stance) -> None:
        """Judge how far what was asked for has gone: to its end, the wrong way, too soon, or not in time."""
        action, rule = self._order[0], RULES[self._order[0]]
        far = progress(action, stance(seen), before)
        asked_s = seen.at_s - (self._since_s or 0.0)
        gone = asked_s * far if action is Action.HOLD else far
        self._progress = 1.0 if self._phase is _Phase.RETURNING else min(max(gone / rule.done, 0.0), 1.0)
        wrong_way = action in TURNS and far <= -rule.done
        if wrong_way or asked_s > rule.limit_s or (asked_s < SOONEST_S and _early(action, far)):
            self._give_up(seen, Suspicion.NOT_DONE)
        elif action is Action.HOLD:
            self._hold(seen, far, asked_s)
        elif self._phase is _Phase.ASKED and far >= rule.done:
            self._phase = _Phase.RETURNING
        elif self._phase is _Phase.RETURNING and far <= rule.undone:
            self._returned(seen, action)

    def _hold(self, seen: LivenessSample, still: float, asked_s: float) -> None:
        if not still:
            self._give_up(seen, Suspicion.NOT_DONE)
        elif asked_s >= RULES[Action.HOLD].done:
            self._succeed(seen)

    def _returned(self, seen: LivenessSample, action: Action) -> None:
        if action in TURNS and not turning(self._track).passed:
            self._give_up(seen, Suspicion.FLAT)
        else:
            self._succeed(seen)

    def _succeed(self, seen: LivenessSample) -> None:
        self._done += 1
        self._order.pop(0)
        if self._done == self._needed:
            self._end(Finding(Check.CHALLENGE, 1.0, THRESHOLD, None))
        else:
            self._enter(_Phase.SETTLING, seen)

    def _give_up(self, seen: LivenessSample, reason: Suspicion) -> None:
        """The next action, or the end. What looked flat is not made good by opening a mouth."""
        self._order.pop(0)
        self._tried += 1
        if reason is Suspicion.FLAT:
            self._order = [action for action in self._order if action in TURNS]
            self._reason = reason
        if self._tried == TRIES or len(self._order) < self._needed - self._done:
            self._end(Finding(Check.CHALLENGE, 0.0, THRESHOLD, self._reason))
        else:
            self._enter(_Phase.SETTLING, seen)

    def _enter(self, phase: _Phase, seen: LivenessSample) -> None:
        self._phase, self._since_s, self._progress = phase, seen.at_s, 0.0

    def _end(self, finding: Finding) -> None:
        self._phase, self._finding = _Phase.OVER, finding


def _waits(stood: Sequence[Stance]) -> bool:
    """Whether somebody looked ahead and kept still."""
    turned = [one.yaw_deg for one in stood]
    return all(one.ahead for one in stood) and max(turned) - min(turned) <= EARLY_DEG


def _early(action: Action, far: float) -> bool:
    """Whether it has gone so far that it began before anybody can have understood what is asked."""
    if action in TURNS:
        return abs(far) > EARLY_DEG
    return action is not Action.HOLD and far >= RULES[action].done
