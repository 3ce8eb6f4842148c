"""A thing held before the camera: its motion, the hands that grip it, and the camera that films it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from camera.frame import Closing, Frame, Image, Prompt, Truth
from camera.synthetic.person.camera import FOCAL, NOBODY, WALL_BGR, Scene, Sensor, wall
from camera.synthetic.person.mesh import HeadPose, HeadView
from camera.synthetic.person.portrait import Floats
from camera.synthetic.person.script import Answers, ease
from camera.synthetic.person.sheet import FLAT, Bend, over

EMPTY_S, IN_S, OUT_S = 0.4, 0.6, 0.5
"""Seconds of empty wall at the start, of bringing the thing in, and of taking it away at the end."""

DRIFT_HZ = np.array([0.23, 0.31, 0.47, 0.37, 0.53, 0.61])
TREMOR_HZ = np.array([5.3, 6.1, 7.4, 8.2, 6.7, 9.1])
"""A hand drifts slowly and trembles at 4 to 12 Hz (physiological tremor)."""

# Colours of hands.
SKINS_BGR = ((96, 128, 178), (78, 108, 160), (60, 88, 140), (122, 152, 200))


@dataclass(frozen=True, slots=True)
class Hold:
    """How a thing with a face on it is held up for `seconds`, in a picture `height` px high.

    The face is `face_px` px wide and is turned up to `turn_deg` to both sides. `shake` is 0 on a stand and 1 in a usual
    hand. With `waves_hz` above 0 the thing flaps between `bend` and its opposite, and turns at that rate.
    """

    seconds: float
    height: int
    face_px: float
    turn_deg: float = 0.0
    shake: float = 1.0
    bend: Bend = FLAT
    waves_hz: float = 0.0
    seed: int = 0

    def pose(self, at_s: float) -> HeadPose:
        """The pose of the thing at `at_s` seconds from the start."""
        if not EMPTY_S <= at_s < self.seconds:
            return HeadPose()
        random = np.random.default_rng((self.seed, 1))
        phase = random.uniform(0, 2 * np.pi, (2, 6))
        x, y, turn_phase, period_s, nods, tilts = random.uniform(
            (-0.2, -0.25, 0, 2.2, 0, 0), (0.2, 0, 1, 3.4, 0.4, 0.3)
        )
        drift = self.shake * np.sin(2 * np.pi * DRIFT_HZ * at_s + phase[0])
        tremor = self.shake * np.sin(2 * np.pi * TREMOR_HZ * at_s + phase[1])
        turn = 2 * np.pi * (turn_phase + at_s * (self.waves_hz or 1 / period_s))
        away = 1 - ease((at_s - EMPTY_S) / IN_S) * (1 - ease((at_s - self.seconds + OUT_S) / OUT_S))
        below = (self.height / 2 + 1.6 * self.face_px) * away
        return HeadPose(
            present=True,
            face_px=float(self.face_px * (1 + 0.03 * drift[0] + 0.003 * tremor[0])),
            x=float(self.face_px * (x + 0.05 * drift[1] + 0.006 * tremor[1])),
            y=float(self.face_px * (y + 0.04 * drift[2] + 0.006 * tremor[2]) + below),
            yaw_deg=float(self.turn_deg * np.sin(turn) + 2.5 * drift[3] + 0.3 * tremor[3]),
            pitch_deg=float(nods * self.turn_deg * np.sin(0.7 * turn) + 2.5 * drift[4] + 0.3 * tremor[4] - 20 * away),
            roll_deg=float(tilts * self.turn_deg * np.cos(0.6 * turn) + 2.0 * drift[5] + 0.2 * tremor[5]),
        )

    def bent(self, at_s: float) -> Bend:
        """How the thing is bent at `at_s`."""
        if self.waves_hz == 0:
            return self.bend
        phase = np.random.default_rng((self.seed, 2)).uniform(0, 2 * np.pi)
        return Bend(self.bend.curvature * float(np.sin(2 * np.pi * self.waves_hz * at_s + phase)), self.bend.across_deg)


def gripped(thing: Image, mesh: Floats, unit: float, seed: int) -> tuple[Image, Floats]:
    """A thing (H, W, 4) with the fingers of two hands over its lower sides, and the face mesh (N, 2) on it.

    `unit` is the width of the face in px.
    """
    random = np.random.default_rng((seed, 3))
    pad = round(0.4 * unit)
    wide = cv2.copyMakeBorder(thing, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))
    height, width = thing.shape[:2]
    skin = np.array(SKINS_BGR[random.integers(len(SKINS_BGR))]) * random.uniform(0.85, 1.1)
    for side, edge in ((-1, pad), (1, pad + width)):
        top = pad + height * random.uniform(0.62, 0.75)
        for finger in range(3):
            y = round(top + finger * 0.17 * unit)
            reach = unit * random.uniform(0.12, 0.24) * (1.0 if finger else 1.4)
            ends = (round(edge - side * reach), y), (round(edge + side * 0.4 * unit), y + round(0.1 * unit))
            for shade, part in ((0.62, 0.17), (0.9, 0.145), (1.0, 0.09)):
                colour = (*np.clip(skin * shade, 0, 255).tolist(), 255)
                cv2.line(wide, *ends, colour, max(2, round(part * unit)), cv2.LINE_AA)
    return np.asarray(wide, np.uint8), np.asarray(mesh[:, :2] + np.float32(pad), np.float32)


@dataclass(frozen=True, slots=True)
class Showing:
    """A thing drawn into a transparent picture.

    `layer` is (H, W, 4), `points` (N, 2) bound the face in it, `eyes_open` is 0 to 1. `points` is None where the
    content of a clip is not known.
    """

    layer: Image
    points: Floats | None
    eyes_open: float = 1.0


class Thing(Protocol):
    """A thing that can be held up. `does` are the actions that the attacker can do with it."""

    does: frozenset[Prompt]

    def show(self, pose: HeadPose, bend: Bend, view: HeadView, at_s: float) -> Showing:
        """Draw the thing as it is at `at_s`."""


class HeldCamera(Closing):
    """Films a thing in a hand. `at_s` counts from 0."""

    realtime = False

    def __init__(self, thing: Thing, hold: Hold, scene: Scene) -> None:
        self._thing = thing
        self._hold = hold
        self._scene = scene
        self._view = HeadView(FOCAL * scene.size[0], scene.size)
        self._answers = Answers(scene.seed)
        self._wall = wall(scene.size, WALL_BGR, scene.seed)
        self._sensor = Sensor(scene.size, exposure_ev=scene.exposure_ev, noise=scene.noise, seed=scene.seed)
        self._index = 0
        self._closed = False

    def read(self) -> Frame | None:
        """The next frame. None when the attempt is over."""
        at_s = self._index / self._scene.fps
        if self._closed or at_s >= self._hold.seconds:
            return None
        picture, truth = self._film(at_s)
        frame = Frame(self._sensor.take(picture), at_s, self._index, truth)
        self._index += 1
        return frame

    def obey(self, action: Prompt, at_s: float) -> None:
        """Ask for an action after the frame of `at_s`. The attacker does it if the thing can."""
        if action in self._thing.does:
            self._answers.obey(action, at_s)

    def close(self) -> None:
        """End the film."""
        self._closed = True

    def _film(self, at_s: float) -> tuple[Image, Truth | None]:
        pose = self._hold.pose(at_s)
        if not pose.present:
            return self._wall, NOBODY
        pose = self._answers.onto(pose, at_s)
        showing = self._thing.show(pose, self._hold.bent(at_s), self._view, at_s)
        truth = None if showing.points is None else self._truth(pose, showing.points, showing.eyes_open)
        return over(showing.layer, self._wall), truth

    def _truth(self, pose: HeadPose, points: Floats, eyes_open: float) -> Truth:
        (x0, y0), (x1, y1) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        width, height = self._scene.size
        if x1 <= 0 or y1 <= 0 or x0 >= width or y0 >= height:
            return NOBODY
        angles = pose.yaw_deg, pose.pitch_deg, pose.roll_deg
        return Truth(*angles, eyes_open, (x0, y0, x1, y1), present=True, flat=True)
