"""Is who is recognised there in the flesh? What a level asks for, and what the findings of its checks come to.

Everything it asks for must be found; what could not be looked at has not been found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from models.liveness.actions import Action
from models.liveness.finding import Check, Finding, Suspicion
from models.liveness.passive import sure

Level = Literal["off", "passive", "adaptive", "strict"]
"""`passive` asks nothing of the person, `adaptive` something when that leaves a doubt, `strict` always something."""

Next = Literal["passed", "ask", "failed"]

FINAL: Final = frozenset({Check.SURROUNDINGS, Check.SCREEN, Check.CONTINUITY})
"""What no answer can make good: a bent print passes for a turning head now and then, and so does a clip by chance."""

FAILURES: Final = 5
PAUSE_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Proof:
    """What spoke for a living person at a level, and against; `challenge` is what was asked last, if anything was."""

    level: Level
    findings: tuple[Finding, ...] = ()
    challenge: Action | None = None

    @property
    def passed(self) -> bool:
        """Whether every check was made and passed: nothing was shown where none was asked for."""
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


class Failures:
    """Counts failures in a row at one spot: after `FAILURES` of them it rests for `PAUSE_S`."""

    def __init__(self) -> None:
        self._count = 0
        self._until_s = float("-inf")

    def resting(self, at_s: float) -> bool:
        """Whether nobody is looked at now."""
        return at_s < self._until_s

    def passed(self) -> None:
        """Somebody was there in the flesh."""
        self._count = 0

    def failed(self, at_s: float) -> bool:
        """One more; whether the spot rests now."""
        self._count += 1
        if self._count < FAILURES:
            return False
        self._count, self._until_s = 0, at_s + PAUSE_S
        return True
