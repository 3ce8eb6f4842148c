"""What the person does: a walk-up as a pure function of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from camera.person.mesh import Pose

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

    def pose(self, at_s: float) -> Pose:
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

    def pose(self, at_s: float) -> Pose:
        """Where the person is at `at_s` seconds from the start."""
        leaves_s = self.seconds - AFTER_S - LEAVE_S
        if not EMPTY_S <= at_s < self.seconds - AFTER_S:
            return Pose()
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
        return Pose(
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

    def pose(self, at_s: float) -> Pose:
        """Where the person is at `at_s` seconds from the start. A turn and a blink fall into every `EVERY_S`."""
        number, since_s = divmod(at_s, EVERY_S)
        random = np.random.default_rng((self.seed, int(number)))
        yaw_deg, pitch_deg = random.uniform(-28, 28), random.uniform(-8, 8)
        turned = pulse(since_s - random.uniform(0.1, 0.6), (0.5, random.uniform(0.1, 0.6), 0.5))
        blinks_s = since_s - random.uniform(0.2, EVERY_S - BLINK_S)
        phase = np.random.default_rng(self.seed).uniform(0, 2 * np.pi, 8)
        sway = np.sin(2 * np.pi * at_s * np.array([0.31, 0.43, 0.37, 0.29, 0.53, 0.61, 0.7, 0.23]) + phase)
        return Pose(
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
