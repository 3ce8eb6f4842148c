"""One person's visit, from first sight to outcome. Pure.

A visit is fed one observation a frame and answers with at most one outcome. Its clock is the time of the
frames.
"""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from kiosk.people.acceptance import Judgement
from kiosk.recognition.liveness import CUT, FailureCounter, LivenessResult, LivenessSession, SceneCuts
from kiosk.recognition.observation import AnalysisDepth, Observation
from kiosk.recognition.outcome import Kind, VisitOutcome
from models.face import Box
from models.gallery import Vector, unit
from models.liveness.actions import Action
from models.quality import Reason


@dataclass(slots=True)
class Approach:
    """A face being followed: what has been gathered since `began_s`.

    `sure` says that it has been one face all the while, `accepted` whose it is, `outcome` what was told.
    """

    box: Box
    began_s: float
    last_s: float
    proving: LivenessSession
    total: Vector | None = None
    frames: int = 0
    first_good_s: float | None = None
    best_at_s: float | None = None
    best_weight: float = 0.0
    accepted: Judgement | None = None
    reasons: Counter[Reason] = field(default_factory=Counter)
    outcome: VisitOutcome | None = None
    quiet_until_s: float = 0.0
    sure: bool = True


Doing = Literal["nobody", "gathering", "proving", "decided"]
"""How far a visit has come: good frames are gathered, or a known person shows that they are there."""


@dataclass(frozen=True, slots=True)
class VisitLimits:
    """When a visit decides, gives up and ends."""

    same_person: float
    """Two frames further apart than this show two people."""
    good_frames: int = 5
    max_good_frames: int = 15
    patience_s: float = 6.0
    stay_s: float = 1.0
    gone_s: float = 0.8
    cool_down_s: float = 5.0
    max_speed: float = 4.0
    """Face widths a second."""


class Visit:
    """The state machine at the kiosk's one spot: nobody, an approach, an outcome that stays until the person leaves."""

    def __init__(
        self, limits: VisitLimits, identify: Callable[[Vector], Judgement], proving: Callable[[], LivenessSession]
    ) -> None:
        self._limits = limits
        self._identify = identify
        self._proving = proving
        self._failures = FailureCounter()
        self._cuts = SceneCuts()
        self._now: Approach | None = None
        self._told: Vector | None = None  # of whom the last outcome was

    @property
    def somebody(self) -> bool:
        """A face is being followed."""
        return self._now is not None

    @property
    def newcomer(self) -> bool:
        """Whether who is followed is surely not who the last outcome was of."""
        now, told = self._now, self._told
        if now is None or now.outcome is not None or now.total is None or told is None:
            return False
        return float(unit(told) @ unit(now.total)) < self._limits.same_person

    @property
    def best_at_s(self) -> float | None:
        """When the best frame of this approach was taken; None while there is no good one."""
        return None if self._now is None else self._now.best_at_s

    @property
    def asked(self) -> Action | None:
        """What the person is asked to do now."""
        return None if self._now is None or self._now.outcome is not None else self._now.proving.asked

    @property
    def doing(self) -> Doing:
        """How far the visit has come."""
        now = self._now
        if now is None:
            return "nobody"
        if now.outcome is not None:
            return "decided"
        return "gathering" if now.accepted is None else "proving"

    @property
    def progress(self) -> float:
        """How far what the person does has gone, 0 to 1: standing still at first, then what liveness asks for."""
        now = self._now
        if now is None or now.outcome is not None:
            return 0.0
        return min(now.frames / self._limits.good_frames, 1.0) if now.accepted is None else now.proving.progress

    def resting(self, at_s: float) -> bool:
        """Whether there were so many failures in a row that nobody is looked at now."""
        return self._failures.resting(at_s)

    def wants(self, at_s: float) -> AnalysisDepth:
        """What of a frame taken at `at_s` would be used: where the face is while an outcome is fresh, unless it was out
        of sight, and whose it is only now and then while a person shows that they are there."""
        now = self._now
        if now is None or now.outcome is None:
            proving = now is not None and now.accepted is not None and not now.proving.wants_probe(at_s)
            return AnalysisDepth.FACE if proving else AnalysisDepth.PROBE
        return AnalysisDepth.PROBE if at_s >= now.quiet_until_s or not now.sure else AnalysisDepth.PLACE

    def see(self, observation: Observation) -> VisitOutcome | None:
        """Take in one frame."""
        if self.resting(observation.at_s):
            return None
        self._cuts.see(observation, somebody=self._now is not None and not self._gone(observation.at_s))
        if observation.box is None:
            if self._now is not None:
                self._now.sure = False  # in a queue the next face may take the place in no time
            return self._leave(observation.at_s, self._limits.stay_s) if self._gone(observation.at_s) else None
        speed = self._speed(observation.box, observation.at_s)
        approach = self._follow(observation.box, observation.at_s)
        moving = speed is not None and speed > self._limits.max_speed
        approach.sure = approach.sure and not moving
        approach.reasons.update((*observation.reasons, Reason.MOVING) if moving else observation.reasons)
        # Who only walks by is not recorded, and of the first sight nobody can say whether it stands.
        probe = None if moving or speed is None else observation.probe
        if probe is not None:
            approach = self._same_or_new(approach, probe, observation.at_s)
        if approach.outcome is not None:
            return None
        outcome = self._decide(approach, probe, observation)
        return None if outcome is None else self._settle(approach, outcome)

    def finish(self, at_s: float) -> VisitOutcome | None:
        """The source has ended: what is known of the person who was there, however short."""
        return self._leave(at_s, stay_s=0.0)

    def interrupt(self) -> None:
        """Nothing can be seen any more: who was there is followed no longer, and it is not said that they left."""
        self._now = None
        self._cuts = SceneCuts()

    def _gone(self, at_s: float) -> bool:
        return self._now is not None and at_s - self._now.last_s >= self._limits.gone_s

    def _leave(self, at_s: float, stay_s: float) -> VisitOutcome | None:
        approach, self._now = self._now, None
        if approach is None or approach.outcome is not None or approach.last_s - approach.began_s < stay_s:
            return None
        proof = approach.proving.left()
        if proof is None:
            return self._outcome(approach, "refused", at_s)
        outcome = self._outcome(approach, "spoof", at_s, approach.accepted, proof)
        return self._counted(outcome)

    def _speed(self, box: Box, at_s: float) -> float | None:
        """Face widths a second since the last sight; None when there was none of this face."""
        before = self._now
        if before is None or before.box.overlap(box) == 0 or at_s <= before.last_s:
            return None
        (x0, y0), (x1, y1) = before.box.centre, box.centre
        return math.hypot(x1 - x0, y1 - y0) / box.width / (at_s - before.last_s)

    def _follow(self, box: Box, at_s: float) -> Approach:
        now = self._now
        if now is None or self._gone(at_s) or now.box.overlap(box) == 0 or self._may_try_again(now, at_s):
            now = self._now = Approach(box, at_s, at_s, self._proving())
        now.box, now.last_s = box, at_s
        return now

    def _may_try_again(self, approach: Approach, at_s: float) -> bool:
        tried = approach.outcome is not None and approach.outcome.kind != "identified"
        return tried and at_s >= approach.quiet_until_s

    def _same_or_new(self, approach: Approach, probe: Vector, at_s: float) -> Approach:
        if approach.total is not None and float(unit(approach.total) @ probe) < self._limits.same_person:
            # Another person stands there now: nothing of the first may count for the second.
            self._now = Approach(approach.box, at_s, at_s, self._proving())
            return self._now
        approach.sure = True
        if approach.outcome is not None and approach.outcome.kind == "identified":
            approach.quiet_until_s = at_s + self._limits.cool_down_s
        return approach

    def _decide(self, approach: Approach, probe: Vector | None, observation: Observation) -> VisitOutcome | None:
        outcome = None
        if approach.accepted is None and probe is not None:
            outcome = self._gather(approach, probe, observation.weight, observation.at_s)
        if observation.sample is not None and approach.first_good_s is not None:
            approach.proving.see(observation.sample)
        if outcome is not None:
            return outcome
        if approach.accepted is not None:
            return self._prove(approach, approach.accepted, observation.at_s)
        impatient = observation.at_s - approach.began_s >= self._limits.patience_s
        return self._outcome(approach, "refused", observation.at_s) if impatient else None

    def _gather(self, approach: Approach, probe: Vector, weight: float, at_s: float) -> VisitOutcome | None:
        weighted = np.multiply(probe, np.float32(weight))
        approach.total = weighted if approach.total is None else np.add(approach.total, weighted)
        approach.frames += 1
        if approach.best_at_s is None or weight > approach.best_weight:
            approach.best_at_s, approach.best_weight = at_s, weight
        approach.first_good_s = at_s if approach.first_good_s is None else approach.first_good_s
        # Few looks at the gallery: each is another chance for a stranger to be taken for somebody.
        if approach.frames % self._limits.good_frames:
            return None
        judgement = self._identify(unit(approach.total))
        if judgement.verdict == "accepted":
            approach.accepted = judgement
            return None
        if approach.frames < self._limits.max_good_frames:
            return None
        return self._outcome(approach, "unknown", at_s, judgement)

    def _prove(self, approach: Approach, judgement: Judgement, at_s: float) -> VisitOutcome | None:
        proof = approach.proving.judge(at_s)
        if proof is None:
            return None
        if self._cuts.found and proof.level != "off":
            proof = replace(proof, findings=(*proof.findings, CUT))
        return self._outcome(approach, "identified" if proof.lets_in else "spoof", at_s, judgement, proof)

    def _settle(self, approach: Approach, outcome: VisitOutcome) -> VisitOutcome:
        approach.outcome = outcome
        self._told = self._told if approach.total is None else approach.total
        approach.quiet_until_s = outcome.at_s + self._limits.cool_down_s
        return self._counted(outcome)

    def _counted(self, outcome: VisitOutcome) -> VisitOutcome:
        if outcome.kind == "identified":
            self._failures.passed()
        elif outcome.kind == "spoof" and self._failures.failed(outcome.at_s):
            return replace(outcome, rests=True)
        return outcome

    def _outcome(
        self,
        approach: Approach,
        kind: Kind,
        at_s: float,
        judgement: Judgement | None = None,
        proof: LivenessResult | None = None,
    ) -> VisitOutcome:
        reasons = approach.reasons.most_common() or [(Reason.TOO_SHORT, approach.frames)]
        return VisitOutcome(
            kind=kind,
            at_s=at_s,
            seen_s=at_s - approach.began_s,
            decided_s=0.0 if approach.first_good_s is None else at_s - approach.first_good_s,
            frames=approach.frames,
            nearest=None if judgement is None else judgement.nearest,
            verdict=None if judgement is None else judgement.verdict,
            reasons=tuple(reasons) if kind == "refused" else (),
            proof=proof,
            probe=unit(approach.total) if kind == "identified" and approach.total is not None else None,
        )
