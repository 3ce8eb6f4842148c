"""A camera that films a synthetic person: the scene, and the effects of the lens and sensor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from camera.controls import FaceExposure
from camera.exposure import GAMMA
from camera.frame import Closing, Frame, Image, Prompt, Truth
from camera.synthetic.person.features import darken, lids_of
from camera.synthetic.person.mesh import FACE_POINTS, HeadPose, HeadView, body_of, project
from camera.synthetic.person.paper import Print
from camera.synthetic.person.portrait import Floats, Portrait, portrait_of
from camera.synthetic.person.script import Answers, Script
from camera.synthetic.person.sheet import over, paint, reduced, texture_map
from camera.synthetic.person.window import WindowSensor


class Sensor:
    """Adds blur, exposure and noise to a drawn picture (H, W, 3).

    `exposure_ev` is in stops, `noise` the standard deviation in grey levels at mid-grey. The variance of the noise
    grows linearly with the light (shot noise) from a floor (read noise). Every frame takes its noise from another place
    of one seeded field, which costs a tenth of drawing it anew.
    """

    def __init__(self, size: tuple[int, int], *, exposure_ev: float, noise: float, seed: int) -> None:
        width, height = size
        levels = np.arange(256, dtype=np.float64)
        exposed = np.clip(255 * (levels / 255 * 2 ** (exposure_ev / GAMMA)), 0, 255)
        self._exposure = np.rint(exposed).astype(np.uint8)
        self._deviation = (noise * np.sqrt(0.25 + 0.75 * levels / 128)).astype(np.float32)
        self._rng = np.random.default_rng(seed)
        self._field = self._rng.standard_normal((height + 64, width + 64, 3), dtype=np.float32)

    def take(self, picture: Image) -> Image:
        """The next picture (H, W, 3) of this sensor."""
        height, width = picture.shape[:2]
        y, x = self._rng.integers(0, 64, 2)
        lit = cv2.LUT(cv2.GaussianBlur(picture, (3, 3), 0.5), self._exposure)
        noise = cv2.multiply(cv2.LUT(lit, self._deviation), self._field[y : y + height, x : x + width])
        return np.asarray(cv2.add(lit, noise, dtype=cv2.CV_8U), np.uint8)


def wall(size: tuple[int, int], bgr: tuple[float, float, float], seed: int) -> Image:
    """A painted wall (H, W, 3) of one colour, unevenly lit and faintly blotched."""
    width, height = size
    rng = np.random.default_rng(seed)
    blotches = cv2.resize(rng.standard_normal((12, 16), dtype=np.float32), size, interpolation=cv2.INTER_CUBIC)
    light = np.linspace(1.04, 0.9, width)[None, :] * np.linspace(1.03, 0.93, height)[:, None] + 0.006 * blotches
    return np.asarray(np.clip(light[:, :, None] * np.array(bgr), 0, 255), np.uint8)


FOCAL = 0.95
"""Focal length in picture widths. The field of view is 56 degrees, as of a webcam."""

WALL_BGR = (190.0, 200.0, 203.0)

NOBODY = Truth(0, 0, 0, eyes_open=1, box=(0, 0, 0, 0), present=False, flat=False)
"""The truth of a frame that shows nobody."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The settings of a film: `size` (width, height) px, frames/s, noise in grey levels, exposure in stops.

    `background` is a neutral wall or one in the colour of the photo's border. A `flat` person is a print of the photo.
    A `loop` repeats the script without end. With `window_stops` there is a window behind the person, so much brighter
    than the wall, and the sensor chooses its exposure; it does so by the face when `follow_face` is set.
    """

    size: tuple[int, int] = (640, 480)
    fps: float = 30.0
    noise: float = 2.5
    exposure_ev: float = 0.0
    background: Literal["wall", "photo"] = "wall"
    flat: bool = False
    loop: bool = False
    window_stops: float = 0.0
    follow_face: bool = False
    seed: int = 0


class PersonCamera(Closing):
    """Films the person of a photo (H, W, 3) with its face mesh (468, 3). `at_s` counts from 0."""

    realtime = False

    def __init__(self, photo: Image, mesh: Floats, script: Script, scene: Scene) -> None:
        self._script = script
        self._answers = Answers(scene.seed)
        self._scene = scene
        portrait = portrait_of(photo, mesh, script.face_px)
        self._actor = Print(photo, mesh, script.face_px) if scene.flat else Actor(portrait)
        colour = portrait.wall_bgr if scene.background == "photo" else WALL_BGR
        self._wall = wall(scene.size, colour, scene.seed)
        self._sensor = Sensor(scene.size, exposure_ev=scene.exposure_ev, noise=scene.noise, seed=scene.seed)
        self._window = (
            WindowSensor(self._wall, stops=scene.window_stops, seed=scene.seed) if scene.window_stops else None
        )
        self._exposure = FaceExposure(self._window) if self._window and scene.follow_face else None
        self._index = 0
        self._closed = False

    def read(self) -> Frame | None:
        """The next frame. None when the script is over."""
        at_s = self._index / self._scene.fps
        if self._closed or (at_s >= self._script.seconds and not self._scene.loop):
            return None
        pose = self._answers.onto(self._script.pose(at_s % self._script.seconds), at_s)
        layer, truth = self._film(pose)
        frame = Frame(self._taken(layer), at_s, self._index, truth)
        self._index += 1
        return frame

    def obey(self, action: Prompt, at_s: float) -> None:
        """Ask the person for an action after the frame of `at_s`."""
        self._answers.obey(action, at_s)

    def meter(self, brightness: float | None, at_s: float) -> None:
        """Tell how bright the face is; for a sensor that can follow it."""
        if self._exposure is not None:
            self._exposure.meter(brightness, at_s)

    def close(self) -> None:
        """End the film."""
        self._closed = True

    def _taken(self, layer: Image | None) -> Image:
        if self._window is not None:
            return self._window.take(layer)
        return self._sensor.take(self._wall if layer is None else over(layer, self._wall))

    def _film(self, pose: HeadPose) -> tuple[Image | None, Truth]:
        """The person in a transparent picture (H, W, 4), None when they are away, and the truth."""
        if not pose.present:
            return None, NOBODY
        width, height = self._scene.size
        layer, points = self._actor.draw(pose, HeadView(FOCAL * width, self._scene.size))
        (x0, y0), (x1, y1) = points[:, :2].min(axis=0).tolist(), points[:, :2].max(axis=0).tolist()
        if x1 <= 0 or y1 <= 0 or x0 >= width or y0 >= height:
            return layer, NOBODY
        angles = pose.yaw_deg, pose.pitch_deg, pose.roll_deg
        flat = self._scene.flat
        truth = Truth(*angles, 1.0 if flat else pose.eyes_open, (x0, y0, x1, y1), present=True, flat=flat)
        return layer, truth


class Actor:
    """The person of a portrait, drawn at any pose."""

    def __init__(self, portrait: Portrait) -> None:
        self._body = body_of(portrait)
        self._lids = lids_of(portrait.colour, portrait.mesh)
        self._face_px = portrait.face_px
        self._texture = np.dstack([portrait.colour, np.rint(255 * portrait.alpha).astype(np.uint8)])

    def points(self, pose: HeadPose, view: HeadView) -> Floats:
        """The face's points (468, 3) in the picture: px, px and the distance in face widths."""
        return project(self._body, pose, view)[:FACE_POINTS]

    def draw(self, pose: HeadPose, view: HeadView) -> tuple[Image, Floats]:
        """The person in a transparent picture (H, W, 4), and the face's points in it (468, 3)."""
        points = project(self._body, pose, view)
        shown = texture_map(points, self._body.texture, self._body.triangles, view.size)
        texture = self._lids.close(self._texture, pose.eyes_open)
        if (part := pose.face_px / self._face_px) < 0.8:
            texture, shown = reduced(texture, part), shown * part
        picture = paint(texture, shown)
        if pose.mouth > 0:
            darken(picture, points[:FACE_POINTS], pose.mouth)
        return picture, points[:FACE_POINTS]
