"""The motion of a synthetic person: walk-ups as a pure function of time, and the answers to requests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from camera.frame import Prompt
from camera.synthetic.person.mesh import HeadPose

EMPTY_S, APPROACH_S, LEAVE_S, AFTER_S = 0.5, 1.0, 0.7, 0.3
"""Seconds of empty wall before, of walking up, of leaving, and of empty wall after. Standing takes the rest."""

BLINK_S = 0.3
"""Duration of a blink in seconds."""

EVERY_S = 2.8
"""Seconds between two blinks, and between two looks aside, of somebody who stands."""

FAR = 0.42
"""Size of the face when it comes into view, as a share of its size at the stop."""


class Script(Protocol):
    """The motion of a person, as a pure function of time."""

    @property
    def seconds(self) -> float:
        """Length of the script in seconds."""

    @property
    def face_px(self) -> float:
        """Width of the face at the stop, in px."""

    def pose(self, at_s: float) -> HeadPose:
        """The pose at `at_s` seconds from the start."""


@dataclass(frozen=True, slots=True)
class Walk:
    """One visit: a person walks up, stands, and leaves, in a picture `width` px wide.

    `yaw_deg`, `pitch_deg` and `roll_deg` are the peaks of a turn, first to the person's left, or up, then to the other
    side. `face_px` is the width of the face at the stop.
    """

    seconds: float = EMPTY_S + APPROACH_S + 3.0 + LEAVE_S + AFTER_S
    width: int = 640
    face_px: float = 150.0
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    blinks: int = 1
    seed: int = 0

    def pose(self, at_s: float) -> HeadPose:
        """The pose at `at_s` seconds from the start."""
        leaves_s = self.seconds - AFTER_S - LEAVE_S
        if not EMPTY_S <= at_s < self.seconds - AFTER_S:
            return HeadPose()
        came = ease((at_s - EMPTY_S) / APPROACH_S)
        gone = ease((at_s - leaves_s) / LEAVE_S)
        stand_s = EMPTY_S + APPROACH_S
        part = np.clip((at_s - stand_s) / max(leaves_s - stand_s, 1e-6), 0, 1)
        turn = float(np.sin(2 * np.pi * part))
        phase = np.random.default_rng(self.seed).uniform(0, 2 * np.pi, 8)
        sway = np.sin(2 * np.pi * at_s * np.array([0.31, 0.43, 0.37, 0.29, 0.53, 0.61, 0.7, 1.9]) + phase)
        walking = 1 - came * (1 - gone)
        face_px = self.face_px * (FAR + (1 - FAR) * came) * (1 - 0.25 * gone) * (1 + 0.012 * sway[0])
        outside = self.width / 2 + self.face_px
        return HeadPose(
            present=True,
            face_px=float(face_px),
            x=float(outside * (gone - (1 - ease(1.5 * (at_s - EMPTY_S) / APPROACH_S))) + face_px * 0.03 * sway[1]),
            y=float(face_px * (0.02 * sway[2] + 0.04 * sway[7] * walking - 0.15)),
            yaw_deg=float(self.yaw_deg * turn + 1.5 * sway[3] + 18 * (gone + (1 - came))),
            pitch_deg=float(self.pitch_deg * turn + 1.0 * sway[4]),
            roll_deg=float(self.roll_deg * turn + 1.0 * sway[5]),
            eyes_open=self._eyes_open(at_s - stand_s, leaves_s - stand_s),
            smile=float(0.006 * sway[6]),
            jaw=float(0.006 * sway[1]),
        )

    def _eyes_open(self, standing_s: float, of_s: float) -> float:
        middles = of_s * (np.arange(self.blinks) + 0.5) / max(self.blinks, 1)
        return min((lids(standing_s - middle + BLINK_S / 2) for middle in middles), default=1.0)


@dataclass(frozen=True, slots=True)
class Stand:
    """A person who stays before the camera, sways, blinks, and looks aside now and then, as in a recorded clip."""

    seconds: float = 3600.0
    face_px: float = 150.0
    seed: int = 0

    def pose(self, at_s: float) -> HeadPose:
        """The pose at `at_s` seconds from the start. Every `EVERY_S` has one turn and one blink."""
        number, since_s = divmod(at_s, EVERY_S)
        random = np.random.default_rng((self.seed, int(number)))
        yaw_deg, pitch_deg = random.uniform(-28, 28), random.uniform(-8, 8)
        turned = pulse(since_s - random.uniform(0.1, 0.6), (0.5, random.uniform(0.1, 0.6), 0.5))
        blinks_s = since_s - random.uniform(0.2, EVERY_S - BLINK_S)
        phase = np.random.default_rng(self.seed).uniform(0, 2 * np.pi, 8)
        sway = np.sin(2 * np.pi * at_s * np.array([0.31, 0.43, 0.37, 0.29, 0.53, 0.61, 0.7, 0.23]) + phase)
        return HeadPose(
            present=True,
            face_px=float(self.face_px * (1 + 0.015 * sway[0])),
            x=float(self.face_px * 0.03 * sway[1]),
            y=float(self.face_px * 0.02 * sway[2]),
            yaw_deg=float(yaw_deg * turned + 2.0 * sway[3]),
            pitch_deg=float(pitch_deg * turned + 1.5 * sway[4]),
            roll_deg=float(1.5 * sway[5]),
            eyes_open=lids(blinks_s),
            smile=float(0.01 * sway[6]),
            jaw=float(0.012 * sway[7]),
        )


def ease(x: float) -> float:
    """A smooth step from 0 to 1, with slope 0 at both ends, while x goes from 0 to 1."""
    x = min(max(x, 0.0), 1.0)
    return x * x * (3 - 2 * x)


def pulse(since_s: float, lasts_s: tuple[float, float, float]) -> float:
    """A smooth pulse: 0 before, 1 while it is held, 0 after. `lasts_s` are the seconds of rise, hold and fall."""
    rise_s, hold_s, fall_s = lasts_s
    return ease(since_s / rise_s) * (1 - ease((since_s - rise_s - hold_s) / fall_s))


def lids(since_s: float) -> float:
    """How open the eyes are, 0 to 1, `since_s` after a blink began. Lids fall faster than they rise."""
    return float(np.interp(since_s / BLINK_S, (0, 0.3, 0.5, 1), (1, 0, 0, 1)))


REACTS_S = (0.4, 0.9)
"""Shortest and longest time in seconds from a request to the start of the motion."""

TURNS_DEG = (22.0, 30.0)
NODS_DEG = (12.0, 16.0)
CLOSER = (1.25, 1.4)
"""Smallest and largest answers: turns and nods in degrees, and the growth of the face when coming closer."""

_LONGEST_S = 10.0


@dataclass(frozen=True, slots=True)
class _Answer:
    action: Prompt
    begins_s: float
    lasts_s: tuple[float, float, float]
    size: float
    """Position between the smallest and the largest answer, 0 to 1."""


class Answers:
    """Performs the actions that are asked for, with a seeded delay, pace and size.

    One thread may ask while another draws.
    """

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng((seed, 7))
        self._given: tuple[_Answer, ...] = ()

    def obey(self, action: Prompt, at_s: float) -> None:
        """Ask for an action after the frame of `at_s`. Left and right are the person's own."""
        delay_s, rise_s, hold_s, size = self._random.uniform((REACTS_S[0], 0.35, 0.3, 0), (REACTS_S[1], 0.6, 0.7, 1))
        answer = _Answer(action, at_s + delay_s, (rise_s, hold_s, rise_s), size)
        # Replaced as a whole, as another thread may be reading it. Old answers are dropped, as a camera may play for
        # days.
        self._given = (*(one for one in self._given if one.begins_s + _LONGEST_S > at_s), answer)

    def onto(self, pose: HeadPose, at_s: float) -> HeadPose:
        """The given pose of `at_s` with the current answers added."""
        for answer in self._given:
            pose = _done(answer, pose, at_s - answer.begins_s)
        return pose


def _done(answer: _Answer, pose: HeadPose, since_s: float) -> HeadPose:
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
