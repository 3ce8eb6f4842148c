"""Whether a recognised person is there in the flesh: what a level asks for, and what the checks come to. Pure.

Everything that a level asks for must be found; a check that could not be made has not passed.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from kiosk.recognition.observation import Observation
from models.liveness.actions import Action
from models.liveness.challenge import Challenge
from models.liveness.continuity import AROUND, Thumb, changed, is_cut
from models.liveness.finding import THRESHOLD, Check, Finding, Suspicion
from models.liveness.parallax import LEAST_FRAMES
from models.liveness.passive import sure
from models.liveness.track import LivenessSample, Track

Level = Literal["off", "passive", "adaptive", "strict"]
"""`passive` asks nothing of the person, `adaptive` something when that leaves a doubt, `strict` always something."""

Next = Literal["passed", "ask", "failed"]

FINAL: Final = frozenset({Check.SURROUNDINGS, Check.SCREEN, Check.CONTINUITY})
"""Checks whose failure ends the visit, whatever the person then does: a bent print passes for a turning head now and
then, and so does a clip by chance."""

FAILURES: Final = 5
PAUSE_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class LivenessResult:
    """The findings of the checks of one face at a level. `challenge` is the action that was asked last, if any was."""

    level: Level
    findings: tuple[Finding, ...] = ()
    challenge: Action | None = None

    @property
    def passed(self) -> bool:
        """Whether every check was made and passed. False without findings, as at the level `off`."""
        return bool(self.findings) and all(finding.passed for finding in self.findings)

    @property
    def lets_in(self) -> bool:
        """Whether the person counts as present."""
        return self.level == "off" or self.passed

    @property
    def score(self) -> float:
        """The lowest of all scores, 0 to 1."""
        return min((finding.score for finding in self.findings), default=0.0)

    @property
    def reasons(self) -> tuple[Suspicion, ...]:
        """What speaks against it, each reason once."""
        return tuple(dict.fromkeys(finding.reason for finding in self.findings if finding.reason is not None))


def after_passive(level: Level, findings: Sequence[Finding]) -> Next:
    """What follows from the checks that ask nothing of the person."""
    if final_failure(findings):
        return "failed"
    if level == "passive":
        return "passed" if findings and all(finding.passed for finding in findings) else "failed"
    return "passed" if level == "adaptive" and sure(list(findings)) else "ask"


def final_failure(findings: Sequence[Finding]) -> bool:
    """Whether something was found that nothing can make good."""
    return any(finding.check in FINAL and finding.reason not in (None, Suspicion.TOO_SHORT) for finding in findings)


class FailureCounter:
    """Counts failures in a row at one spot: after `FAILURES` of them it rests for `PAUSE_S`."""

    def __init__(self) -> None:
        self._count = 0
        self._until_s = float("-inf")

    def resting(self, at_s: float) -> bool:
        """Whether the spot rests at `at_s`, so that nobody is looked at."""
        return at_s < self._until_s

    def passed(self) -> None:
        """Reset the count: a living person was there."""
        self._count = 0

    def failed(self, at_s: float) -> bool:
        """Count one more failure; returns whether the spot rests now."""
        self._count += 1
        if self._count < FAILURES:
            return False
        self._count, self._until_s = 0, at_s + PAUSE_S
        return True


WINDOW_S: Final = 1.5
LONGEST_WINDOW_S: Final = 3.0
"""How much the passive checks look at, from the first good frame on: longer where a slow device has too few frames."""

_KEPT_S: Final = LONGEST_WINDOW_S
_PROBE_EVERY_S: Final = 0.4
_ROUNDING_S: Final = 1e-6
_NOT_DONE: Final = Finding(Check.CHALLENGE, 0.0, THRESHOLD, Suspicion.NOT_DONE)

Examine = Callable[[Track], Sequence[Finding]]
"""Runs the passive checks on a track; returns one finding for each check."""


class LivenessSession:
    """One face from its first good frame on. `challenge` makes one when the level, or a doubt, asks for it.

    `asked` is what the person is asked to do now, `progress` how far that has gone, or how much has been looked at.
    """

    def __init__(self, level: Level, examine: Examine, challenge: Callable[[], Challenge]) -> None:
        self.level = level
        self._examine = examine
        self._new_challenge = challenge
        self._challenge: Challenge | None = None
        self._last: Action | None = None
        self._answer: Finding | None = None
        self._room: Finding | None = None
        self.asked: Action | None = None
        self.progress = 0.0
        self._track: deque[LivenessSample] = deque()
        self._looked_s: float | None = None
        self._probed_s = float("-inf")

    def wants_probe(self, at_s: float) -> bool:
        """Whether it is time to make sure that it is the same face."""
        return at_s - self._probed_s >= _PROBE_EVERY_S

    def see(self, seen: LivenessSample) -> None:
        """Take in one frame of the face."""
        if self.level == "off":
            return
        self._looked_s = seen.at_s if self._looked_s is None else self._looked_s
        self._probed_s = self._probed_s if seen.probe is None else seen.at_s
        self._track.append(seen)
        while seen.at_s - self._track[0].at_s > _KEPT_S:
            self._track.popleft()
        if self._challenge is None:
            self.progress = min((seen.at_s - self._looked_s) / WINDOW_S, 1.0)
        else:
            step = self._challenge.see(seen)
            self.asked, self.progress, self._answer = step.asks, step.progress, step.finding
            self._last = step.asks or self._last

    def judge(self, at_s: float) -> LivenessResult | None:
        """What has become clear by now; None while nothing has."""
        if self.level == "off":
            return LivenessResult(self.level)
        if self._challenge is None:
            return self._passively(at_s) if self._due(at_s) else None
        if self._answer is None and not self._due(at_s):
            return None
        findings = self._passive_findings(at_s)
        if self._answer is None and not final_failure(findings):
            return None
        return LivenessResult(self.level, (*findings, self._answer or _NOT_DONE), self._last)

    def left(self) -> LivenessResult | None:
        """The person went away: returns a failed result when something was asked of them, else None."""
        return None if self._last is None else LivenessResult(self.level, (_NOT_DONE,), self._last)

    def _passively(self, at_s: float) -> LivenessResult | None:
        findings = self._look(at_s)
        if after_passive(self.level, findings) != "ask":
            return LivenessResult(self.level, findings)
        self._room = next((found for found in findings if found.check is Check.SURROUNDINGS and found.passed), None)
        self._challenge = self._new_challenge()
        return None

    def _passive_findings(self, at_s: float) -> tuple[Finding, ...]:
        """The passive checks again. During a turn, hair and shoulders move with the face, so the finding of the
        surroundings from before the challenge is kept."""
        room = self._room
        return tuple(room if room and found.check is room.check else found for found in self._look(at_s))

    def _due(self, at_s: float) -> bool:
        if self._looked_s is None:
            return False
        enough = len(self._track) >= LEAST_FRAMES
        return at_s - self._looked_s >= (WINDOW_S if enough else LONGEST_WINDOW_S) - _ROUNDING_S

    def _look(self, at_s: float) -> tuple[Finding, ...]:
        self._looked_s = at_s
        return tuple(self._examine(tuple(self._track)))


CUT: Final = Finding(Check.CONTINUITY, 0.0, THRESHOLD, Suspicion.CUT)

_NEXT_S: Final = 0.2
"""Frames that lie farther apart are not compared: who walks by closely may fill the picture meanwhile."""


class SceneCuts:
    """Looks for cuts in the whole picture for as long as somebody is there.

    A change of person starts a new approach, but a cut that was found between the two still counts.
    """

    def __init__(self) -> None:
        self.found = False
        self._last: tuple[float, Thumb] | None = None
        self._changes: deque[float] = deque(maxlen=2 * AROUND + 1)

    def see(self, observation: Observation, *, somebody: bool) -> None:
        """Take in a frame; `somebody` was there before it."""
        share = self._change(observation)
        self._last = None if observation.thumb is None else (observation.at_s, observation.thumb)
        if not somebody or share is None:
            self._changes.clear()
            self.found = self.found and somebody
            return
        self._changes.append(share)
        full = len(self._changes) == self._changes.maxlen
        self.found = self.found or (full and is_cut(tuple(self._changes)))

    def _change(self, observation: Observation) -> float | None:
        if self._last is None or observation.thumb is None:
            return None
        at_s, before = self._last
        return changed(before, observation.thumb) if observation.at_s - at_s <= _NEXT_S else None
