"""Faces that were never filmed: what the rules of liveness are fed by hand."""

import numpy as np

from kiosk.people import MatchPolicy
from kiosk.recognition.liveness import LivenessSession
from models.calibration import Impostors, measure
from models.gallery import Vector, unit
from models.liveness.actions import Action
from models.liveness.challenge import Challenge
from models.liveness.finding import Check, Finding, Suspicion
from models.liveness.track import LivenessSample


def seen(at_s: float, probe: Vector | None = None) -> LivenessSample:
    """One frame of a face that never moves."""
    points, picture = np.zeros((468, 3), np.float32), np.zeros((9, 9, 3), np.uint8)
    return LivenessSample(at_s, points, picture[..., 0], 1.0, picture, probe)


def found(**reasons: Suspicion | None) -> list[Finding]:
    """Findings by the name of the check; None has passed."""
    return [Finding(Check(name), 0.2 if reason else 0.9, 0.5, reason) for name, reason in reasons.items()]


def turn_left() -> Challenge:
    """A challenge that asks at once for one thing."""
    return Challenge([Action.TURN_LEFT], delay_s=0.0)


def nothing_to_ask() -> Challenge:
    """For levels that never ask."""
    raise AssertionError("something was asked where nothing may be")


def off() -> LivenessSession:
    """For visits that are not about liveness."""
    return LivenessSession("off", lambda _: [], nothing_to_ask)


STRANGERS = np.random.default_rng(1).normal(0.3, 0.1, 100_000).astype(np.float32)
MATCH_POLICY = MatchPolicy(
    measure("m", "made up", Impostors(STRANGERS, STRANGERS, {})), fpir=0.003, lead=32, dimension=32
)


def face(axis: int, noise: float = 0.02, seed: int = 0) -> Vector:
    vector = np.random.default_rng((axis, seed)).normal(0, noise, 32)
    vector[axis] += 1
    return unit(vector.astype(np.float32))
