"""What a synthetic person does: a walk-up as a pure function of time, and the answers to what is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from camera.frame import Prompt
from camera.synthetic.person.mesh import HeadPose

EMPTY_S, APPROACH_S, LEAVE_S, AFTER_S = 0.5, 1.0, 0.7, 0.3
"""Seconds of empty wall before, of walking up, of leaving, and of empty wall after; standing takes the rest."""

BLINK_S = 0.3
EVERY_S = 2.8
"""Who stands before a camera blinks and looks aside about so often."""

FAR = 0.42
"""Size of the face when it comes into view, as part of its size at the stop."""


class Script(Protocol):
    """What an actor does, as a pure function of time."""

    @property
    def seconds(self) -> float:
        """How long it lasts."""

    @property
    def face_px(self) -> float:
        """The face's width at the stop."""

    def pose(self, at_s: float) -> HeadPose:
        """Where the actor is at `at_s` seconds from the start."""


@dataclass(frozen=True, slots=True)
class Walk:
    """One visit in a picture `width` px wide. `yaw_deg`, `pitch_deg` and `roll_deg` are the peaks of a turn there and
    back: first to the person's left, or up, then to the other side. `face_px` is the face's width at the stop.
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
        """Where the person is at `at_s` seconds from the start."""
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
    """Somebody before a camera who stays, as a clip shows them: sways, blinks, and looks aside now and then."""

    seconds: float = 3600.0
    face_px: float = 150.0
    seed: int = 0

    def pose(self, at_s: float) -> HeadPose:
        """Where the person is at `at_s` seconds from the start. A turn and a blink fall into every `EVERY_S`."""
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
    """From 0 to 1 without a jerk, while x does."""
    x = min(max(x, 0.0), 1.0)
    return x * x * (3 - 2 * x)


def pulse(since_s: float, lasts_s: tuple[float, float, float]) -> float:
    """There and back: 0 before, 1 while it is held, 0 after; `lasts_s` are its rise, hold and fall."""
    rise_s, hold_s, fall_s = lasts_s
    return ease(since_s / rise_s) * (1 - ease((since_s - rise_s - hold_s) / fall_s))


def lids(since_s: float) -> float:
    """How open the eyes are, 0 to 1, so long after a blink began: lids fall faster than they rise and rest a little."""
    return float(np.interp(since_s / BLINK_S, (0, 0.3, 0.5, 1), (1, 0, 0, 1)))


REACTS_S = (0.4, 0.9)
"""Between being asked and beginning to move."""

TURNS_DEG = (22.0, 30.0)
NODS_DEG = (12.0, 16.0)
CLOSER = (1.25, 1.4)

_LONGEST_S = 10.0


@dataclass(frozen=True, slots=True)
class _Answer:
    action: Prompt
    begins_s: float
    lasts_s: tuple[float, float, float]
    size: float
    """From 0 to 1 within what people do."""


class Answers:
    """Follows what it is asked, with a seeded delay, pace and size. One thread may ask while another draws."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng((seed, 7))
        self._given: tuple[_Answer, ...] = ()

    def obey(self, action: Prompt, at_s: float) -> None:
        """Be asked for an action in the frame of `at_s`; left and right are the person's own."""
        delay_s, rise_s, hold_s, size = self._random.uniform((REACTS_S[0], 0.35, 0.3, 0), (REACTS_S[1], 0.6, 0.7, 1))
        answer = _Answer(action, at_s + delay_s, (rise_s, hold_s, rise_s), size)
        # Exchanged whole, as it may be being read; what is over long since is let go, as a camera may play for days.
        self._given = (*(one for one in self._given if one.begins_s + _LONGEST_S > at_s), answer)

    def onto(self, pose: HeadPose, at_s: float) -> HeadPose:
        """The pose at `at_s`, and what is being answered done to it."""
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
