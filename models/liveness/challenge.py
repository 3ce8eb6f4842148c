"""The challenge: a person is asked for an action and judged by whether they do it.

It is a state machine that takes one liveness sample a frame. It is pure: the order of the actions is given, and its
clock is the time at which the frames were taken.
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
"""How long somebody must look ahead before they are asked, and in how many frames at least."""

SETTLE_S = 2.5
"""How long the challenge waits for somebody to look ahead, beyond its delay."""

SOONEST_S = 0.2
"""Nobody answers faster, as visual reaction time is about 0.25 s. What has moved by then is no answer."""

EARLY_DEG = 4.0
"""How far a turn may have gone by `SOONEST_S`. A replay in which somebody turns must begin the turn at the right
moment."""

TRIES = 2
"""Most actions that may fail. Each is another chance for a replay in which somebody happens to move."""

USUAL_ACTIONS = (Action.TURN_LEFT, Action.TURN_RIGHT, Action.OPEN_MOUTH)
"""Actions that a print cannot do. It can be held still or brought nearer, and eyes behind its holes can blink."""


def drawn(random: Random, allowed: Collection[Action] = USUAL_ACTIONS) -> tuple[Action, ...]:
    """A random order of the allowed actions. A turn comes first when one is allowed, as it alone shows depth."""
    turns, others = sorted(set(allowed) & TURNS), sorted(set(allowed) - TURNS)
    random.shuffle(turns)
    random.shuffle(others)
    return (*turns[:1], *others[:1], *turns[1:], *others[1:])


@dataclass(frozen=True, slots=True)
class ChallengeStep:
    """The state of a challenge after a frame: the action asked for now, its progress, and the finding once it is over.

    `progress` is 0 to 1. At 1 the action is done, and the person has only to look ahead again.
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
    """One challenge: `needed` of the actions in `order` must be done. After one that is not done the next is asked.

    The first is asked after `delay_s`, which the caller draws at random, so that no recording can be timed to it. A
    turn must show depth; after one that does not, only another turn will do. After `TRIES` failed actions it is over.
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

    def see(self, sample: LivenessSample) -> ChallengeStep:
        """Take in one frame."""
        if self._since_s is None:
            self._since_s = sample.at_s
        self._track.append(sample)
        match self._phase:
            case _Phase.SETTLING:
                self._settle(sample)
            case _Phase.ASKED | _Phase.RETURNING if self._before is not None:
                self._follow(sample, self._before)
        asks = self._order[0] if self._phase in {_Phase.ASKED, _Phase.RETURNING} else None
        return ChallengeStep(asks, self._progress if asks else 0.0, self._finding)

    def _settle(self, sample: LivenessSample) -> None:
        """Wait until somebody has looked ahead for `BASELINE_S`, then ask."""
        waited_s = sample.at_s - (self._since_s or 0.0)
        recent = sum(sample.at_s - one.at_s <= BASELINE_S for one in self._track)
        self._track = self._track[-max(recent, _BASELINE_FRAMES) :]
        ahead = len(self._track) >= _BASELINE_FRAMES and _waits([stance(one) for one in self._track])
        if ahead and waited_s >= max(self._delay_s, BASELINE_S):
            self._before = usual(self._track)
            self._enter(_Phase.ASKED, sample)
        elif waited_s >= self._delay_s + SETTLE_S:
            self._give_up(sample, Suspicion.NOT_DONE)

    def _follow(self, sample: LivenessSample, before: Stance) -> None:
        """Judge how far the action has gone: to its end, the wrong way, too soon, or not in time."""
        action, rule = self._order[0], RULES[self._order[0]]
        far = progress(action, stance(sample), before)
        asked_s = sample.at_s - (self._since_s or 0.0)
        gone = asked_s * far if action is Action.HOLD else far
        self._progress = 1.0 if self._phase is _Phase.RETURNING else min(max(gone / rule.done, 0.0), 1.0)
        wrong_way = action in TURNS and far <= -rule.done
        if wrong_way or asked_s > rule.limit_s or (asked_s < SOONEST_S and _early(action, far)):
            self._give_up(sample, Suspicion.NOT_DONE)
        elif action is Action.HOLD:
            self._hold(sample, far, asked_s)
        elif self._phase is _Phase.ASKED and far >= rule.done:
            self._phase = _Phase.RETURNING
        elif self._phase is _Phase.RETURNING and far <= rule.undone:
            self._returned(sample, action)

    def _hold(self, sample: LivenessSample, still: float, asked_s: float) -> None:
        if not still:
            self._give_up(sample, Suspicion.NOT_DONE)
        elif asked_s >= RULES[Action.HOLD].done:
            self._succeed(sample)

    def _returned(self, sample: LivenessSample, action: Action) -> None:
        if action in TURNS and not turning(self._track).passed:
            self._give_up(sample, Suspicion.FLAT)
        else:
            self._succeed(sample)

    def _succeed(self, sample: LivenessSample) -> None:
        self._done += 1
        self._order.pop(0)
        if self._done == self._needed:
            self._end(Finding(Check.CHALLENGE, 1.0, THRESHOLD, None))
        else:
            self._enter(_Phase.SETTLING, sample)

    def _give_up(self, sample: LivenessSample, reason: Suspicion) -> None:
        """Go on to the next action, or end. After a turn that looked flat only turns remain."""
        self._order.pop(0)
        self._tried += 1
        if reason is Suspicion.FLAT:
            self._order = [action for action in self._order if action in TURNS]
            self._reason = reason
        if self._tried == TRIES or len(self._order) < self._needed - self._done:
            self._end(Finding(Check.CHALLENGE, 0.0, THRESHOLD, self._reason))
        else:
            self._enter(_Phase.SETTLING, sample)

    def _enter(self, phase: _Phase, sample: LivenessSample) -> None:
        self._phase, self._since_s, self._progress = phase, sample.at_s, 0.0

    def _end(self, finding: Finding) -> None:
        self._phase, self._finding = _Phase.OVER, finding


def _waits(stood: Sequence[Stance]) -> bool:
    """Whether somebody looked ahead and kept still over these stances."""
    turned = [one.yaw_deg for one in stood]
    return all(one.ahead for one in stood) and max(turned) - min(turned) <= EARLY_DEG


def _early(action: Action, far: float) -> bool:
    """Whether an action has gone so far that it began before anybody can have understood the request."""
    if action in TURNS:
        return abs(far) > EARLY_DEG
    return action is not Action.HOLD and far >= RULES[action].done
