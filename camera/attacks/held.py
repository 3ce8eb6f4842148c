"""The camera that films what is held up to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from camera.attacks.hand import Hold
from camera.frame import Action, Closing, Frame, Image, Truth
from camera.person.answers import Answers
from camera.person.camera import FOCAL, NOBODY, WALL_BGR, Scene
from camera.person.mesh import Pose, View
from camera.person.portrait import Floats
from camera.person.sensor import Sensor, wall
from camera.person.sheet import Bend
from camera.person.warp import over


@dataclass(frozen=True, slots=True)
class Showing:
    """A thing in an empty picture: `layer` (H, W, 4), points (N, 2) that bound its face there, how open its eyes are.

    There are no points where nobody knows what a clip shows.
    """

    layer: Image
    points: Floats | None
    eyes_open: float = 1.0


class Thing(Protocol):
    """What can be held up. `does` is what it can do of what is asked."""

    does: frozenset[Action]

    def show(self, pose: Pose, bend: Bend, view: View, at_s: float) -> Showing:
        """Draw it as it is at `at_s`."""


class HeldCamera(Closing):
    """Films a thing in a hand; `at_s` counts from 0."""

    realtime = False

    def __init__(self, thing: Thing, hold: Hold, scene: Scene) -> None:
        self._thing = thing
        self._hold = hold
        self._scene = scene
        self._view = View(FOCAL * scene.size[0], scene.size)
        self._answers = Answers(scene.seed)
        self._wall = wall(scene.size, WALL_BGR, scene.seed)
        self._sensor = Sensor(scene.size, exposure_ev=scene.exposure_ev, noise=scene.noise, seed=scene.seed)
        self._index = 0
        self._closed = False

    def read(self) -> Frame | None:
        """The next frame; None when the attempt is over."""
        at_s = self._index / self._scene.fps
        if self._closed or at_s >= self._hold.seconds:
            return None
        picture, truth = self._film(at_s)
        frame = Frame(self._sensor.take(picture), at_s, self._index, truth)
        self._index += 1
        return frame

    def obey(self, action: Action, at_s: float) -> None:
        """The attacker tries what is asked in the frame of `at_s`, if the thing can do it."""
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

    def _truth(self, pose: Pose, points: Floats, eyes_open: float) -> Truth:
        (x0, y0), (x1, y1) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        width, height = self._scene.size
        if x1 <= 0 or y1 <= 0 or x0 >= width or y0 >= height:
            return NOBODY
        angles = pose.yaw_deg, pose.pitch_deg, pose.roll_deg
        return Truth(*angles, eyes_open, (x0, y0, x1, y1), present=True, flat=True)
