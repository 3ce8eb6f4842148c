"""Liveness: independent checks of whether a track shows a living person.

A track is the same face over successive frames. docs/liveness.md describes the checks and how they were measured.
"""

from models.liveness.actions import Action
from models.liveness.challenge import Challenge, ChallengeStep, drawn
from models.liveness.finding import Check, Finding, Suspicion
from models.liveness.passive import examine, passive_checks, sure
from models.liveness.track import LivenessSample, Track, liveness_sample, with_probe

__all__ = [
    "Action",
    "Challenge",
    "ChallengeStep",
    "Check",
    "Finding",
    "LivenessSample",
    "Suspicion",
    "Track",
    "drawn",
    "examine",
    "liveness_sample",
    "passive_checks",
    "sure",
    "with_probe",
]
