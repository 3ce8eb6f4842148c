"""What is seen of one recognised face over time, until it is clear whether a person is there."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from kiosk.rules.liveness import Level, Proof, after_passive, final_failure
from models.liveness.actions import Action
from models.liveness.challenge import Challenge
from models.liveness.finding import THRESHOLD, Check, Finding, Suspicion
from models.liveness.parallax import LEAST_FRAMES
from models.liveness.track import Glimpse, Track

WINDOW_S: Final = 1.5
LONGEST_WINDOW_S: Final = 3.0
"""How much the passive checks look at, from the first good frame on: longer where a slow device has too few frames."""

_KEPT_S: Final = LONGEST_WINDOW_S
_PROBE_EVERY_S: Final = 0.4
_ROUNDING_S: Final = 1e-6
_NOT_DONE: Final = Finding(Check.CHALLENGE, 0.0, THRESHOLD, Suspicion.NOT_DONE)

Examine = Callable[[Track], Sequence[Finding]]
"""The passive checks."""


class Proving:
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
        self._track: deque[Glimpse] = deque()
        self._looked_s: float | None = None
        self._probed_s = float("-inf")

    def wants_probe(self, at_s: float) -> bool:
        """Whether it is time to make sure that it is the same face."""
        return at_s - self._probed_s >= _PROBE_EVERY_S

    def see(self, seen: Glimpse) -> None:
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

    def judge(self, at_s: float) -> Proof | None:
        """What has become clear by now; None while nothing has."""
        if self.level == "off":
            return Proof(self.level)
        if self._challenge is None:
            return self._passively(at_s) if self._due(at_s) else None
        if self._answer is None and not self._due(at_s):
            return None
        standing = self._standing(at_s)
        if self._answer is None and not final_failure(standing):
            return None
        return Proof(self.level, (*standing, self._answer or _NOT_DONE), self._last)

    def left(self) -> Proof | None:
        """The person went away: a proof that failed when something was asked of them, else None."""
        return None if self._last is None else Proof(self.level, (_NOT_DONE,), self._last)

    def _passively(self, at_s: float) -> Proof | None:
        findings = self._look(at_s)
        if after_passive(self.level, findings) != "ask":
            return Proof(self.level, findings)
        self._room = next((found for found in findings if found.check is Check.SURROUNDINGS and found.passed), None)
        self._challenge = self._new_challenge()
        return None

    def _standing(self, at_s: float) -> tuple[Finding, ...]:
        """The passive checks again. When a head turns on purpose, much that is no paper goes with the face: what was
        seen of the room before holds."""
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
