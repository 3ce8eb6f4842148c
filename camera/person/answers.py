"""What somebody before the camera does when asked: after a person's time to react, once each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from camera.frame import Action
from camera.person.mesh import Pose
from camera.person.script import BLINK_S, lids, pulse

REACTS_S = (0.4, 0.9)
"""Between being asked and beginning to move."""

TURNS_DEG = (22.0, 30.0)
NODS_DEG = (12.0, 16.0)
CLOSER = (1.25, 1.4)

_LONGEST_S = 10.0


@dataclass(frozen=True, slots=True)
class _Answer:
    action: Action
    begins_s: float
    lasts_s: tuple[float, float, float]
    size: float
    """From 0 to 1 within what people do."""


class Answers:
    """Follows what it is asked, with a seeded delay, pace and size. One thread may ask while another draws."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng((seed, 7))
        self._given: tuple[_Answer, ...] = ()

    def obey(self, action: Action, at_s: float) -> None:
        """Be asked for an action in the frame of `at_s`; left and right are the person's own."""
        delay_s, rise_s, hold_s, size = self._random.uniform((REACTS_S[0], 0.35, 0.3, 0), (REACTS_S[1], 0.6, 0.7, 1))
        answer = _Answer(action, at_s + delay_s, (rise_s, hold_s, rise_s), size)
        # Exchanged whole, as it may be being read; what is over long since is let go, as a camera may play for days.
        self._given = (*(one for one in self._given if one.begins_s + _LONGEST_S > at_s), answer)

    def onto(self, pose: Pose, at_s: float) -> Pose:
        """The pose at `at_s`, and what is being answered done to it."""
        for answer in self._given:
            pose = _done(answer, pose, at_s - answer.begins_s)
        return pose


def _done(answer: _Answer, pose: Pose, since_s: float) -> Pose:
    part = pulse(since_s, answer.lasts_s)
    match answer.action:
        case "turn_left" | "turn_right" as way:
            turn_deg = _within(TURNS_DEG, answer) * part
            return replace(pose, yaw_deg=pose.yaw_deg + (turn_deg if way == "turn_left" else -turn_deg))
        case "look_up" | "look_down" as way:
            nod_deg = _within(NODS_DEG, answer) * part
            return replace(pose, pitch_deg=pose.pitch_deg + (nod_deg if way == "look_up" else -nod_deg))
        case "blink":
            return replace(pose, eyes_open=min(pose.eyes_open, lids(since_s))) if since_s < BLINK_S else pose
        case "open_mouth":
            return replace(pose, mouth=max(pose.mouth, part * (0.6 + 0.4 * answer.size)))
        case "come_closer":
            return replace(pose, face_px=pose.face_px * (1 + (_within(CLOSER, answer) - 1) * part))
        case "hold":
            return pose


def _within(limits: tuple[float, float], answer: _Answer) -> float:
    return float(np.interp(answer.size, (0, 1), limits))
