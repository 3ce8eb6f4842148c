"""A phone or tablet that plays a clip, with moire, refresh bands, reflections in its glass, and its frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import cv2
import numpy as np

from camera.frame import Camera, Image, MeshOf, Prompt
from camera.synthetic.attacks.clips import Playback
from camera.synthetic.attacks.held import Showing, gripped
from camera.synthetic.person.mesh import HeadPose, HeadView
from camera.synthetic.person.portrait import Floats
from camera.synthetic.person.sheet import Bend, PaintedSheet

Device = Literal["phone", "tablet"]

FRAME_BGR = (14, 13, 12)


@dataclass(frozen=True, slots=True)
class DisplayBody:
    """The shape of a device. Lengths are in widths of its screen.

    `tall` is the screen's height, `share` the width of the face, `side` and `end` the black frame at the sides and at
    top and bottom.
    """

    tall: float
    share: float
    side: float
    end: float


BODIES: dict[Device, DisplayBody] = {
    "phone": DisplayBody(1.75, 0.58, 0.035, 0.07),
    "tablet": DisplayBody(1.33, 0.42, 0.07, 0.08),
}


@dataclass(frozen=True, slots=True)
class Light:
    """The optical properties of a filmed screen.

    `pixels` is the number of screen pixels in one of the camera's. The camera samples the screen's red, green and blue
    stripes (depth `moire`) and the gaps between its rows at that frequency, and what lies above half of it is seen as
    moire. `bands` is the depth of the refresh bands, `band_px` their height in the picture, `rolls_hz` their speed.
    `gain` is the screen's white for blue, green and red, `black` its black in grey levels. A lamp is reflected with
    `reflection` grey levels, at `shines` from the face's middle and `shine` in size, in face widths.
    """

    pixels: float
    moire: float
    bands: float
    band_px: float
    rolls_hz: float
    gain: tuple[float, float, float]
    black: float
    reflection: float
    shines: tuple[float, float]
    shine: float

    @classmethod
    def of(cls, seed: int) -> Self:
        """Draw the properties of one screen from a seed."""
        random = np.random.default_rng((seed, 5))
        bright = random.uniform(0.75, 1.1)
        blue, red = random.uniform(1.0, 1.15), random.uniform(0.85, 1.0)
        return cls(
            pixels=float(random.choice((1, 2)) + random.uniform(0.04, 0.25) * random.choice((-1, 1))),
            moire=random.uniform(0.03, 0.1),
            bands=random.uniform(0.03, 0.14),
            band_px=random.uniform(150, 420),
            rolls_hz=random.uniform(0.4, 3.0) * random.choice((-1, 1)),
            gain=(bright * blue, bright, bright * red),
            black=random.uniform(6, 16),
            reflection=random.uniform(20, 90),
            shines=(random.uniform(-0.8, 0.8), random.uniform(-1.0, 0.6)),
            shine=random.uniform(0.15, 0.4),
        )


class Display:
    """A device in two hands that plays a clip. Its texture has the size of its picture when the face is `face_px`
    wide."""

    does: frozenset[Prompt] = frozenset({"come_closer", "hold"})

    def __init__(
        self, clip: Camera, mesh_of: MeshOf, device: Device, light: Light, *, face_px: float, seed: int
    ) -> None:
        body = BODIES[device]
        width, height = round(face_px / body.share), round(face_px / body.share * body.tall)
        self._playback = Playback(clip, mesh_of, (width, height), body.share)
        side, end = round(body.side * width), round(body.end * width)
        case = np.full((height + 2 * end, width + 2 * side, 4), (*FRAME_BGR, 255), np.uint8)
        mesh = self._playback.mesh + np.array([side, end], np.float32)
        self._case, mesh = gripped(case, mesh, face_px, seed)
        left, top = np.rint(mesh[0] - self._playback.mesh[0]).astype(int).tolist()
        self._glass = (left, top, left + width, top + height)
        self._free = self._case[top : top + height, left : left + width, :3].max(axis=2) <= max(FRAME_BGR)
        self._sheet = PaintedSheet(self._case.copy(), mesh, face_px)
        self._light = light

    def show(self, pose: HeadPose, bend: Bend, view: HeadView, at_s: float) -> Showing:
        """Draw the device as it is held, showing the clip's frame of `at_s`."""
        frame = self._playback.at(at_s)
        self._sheet.texture = self._playing(self._playback.window(frame.image))
        layer, shown = self._sheet.draw(pose, bend, view)
        lit = self._lit(layer, shown, pose, at_s)
        if frame.truth is None:
            return Showing(lit, None)
        x0, y0, x1, y1 = frame.truth.box
        corners = self._playback.place(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32))
        points = self._sheet.points(corners + np.array(self._glass[:2], np.float32), pose, bend, view)
        return Showing(lit, points, frame.truth.eyes_open)

    def _playing(self, picture: Image) -> Image:
        """The device (H, W, 4) with a picture on its screen, behind the fingers."""
        left, top, right, bottom = self._glass
        levels = np.arange(256)[:, None] / 255
        shown = self._light.black + levels * (255 - self._light.black) * np.array(self._light.gain)
        table = np.rint(np.clip(shown, 0, 255)).astype(np.uint8)[None]
        texture = self._case.copy()
        part = texture[top:bottom, left:right, :3]
        np.copyto(part, cv2.LUT(picture, table), where=self._free[:, :, None])
        return texture

    def _lit(self, layer: Image, shown: Floats, pose: HeadPose, at_s: float) -> Image:
        """Add moire, refresh bands and the reflection of the room to the drawn device."""
        left, top, right, bottom = self._glass
        x, y = shown[:, :, 0], shown[:, :, 1]
        inside = (x >= left) & (x < right) & (y >= top) & (y < bottom)
        rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
        if not rows.size:
            return layer
        part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        on_glass, position = inside[part].astype(np.float32), shown[part]
        gain = moire(position * np.float32(self._light.pixels), on_glass * np.float32(self._light.moire))
        dimmed = 1 + on_glass * (bands(np.arange(rows[0], rows[-1] + 1), at_s, self._light)[:, None] - 1)
        emitted = cv2.multiply(layer[part][:, :, :3], cv2.multiply(gain, cv2.merge([dimmed] * 3)), dtype=cv2.CV_32F)
        lit = layer.copy()
        reflected = cv2.merge([on_glass * self._reflected(position, pose)] * 3)
        lit[part][:, :, :3] = cv2.add(emitted, reflected, dtype=cv2.CV_8U)
        return lit

    def _reflected(self, position: Floats, pose: HeadPose) -> Floats:
        """The reflection of the room's lamp in grey levels (h, w). It moves on the glass as the glass turns."""
        turn = np.radians([pose.yaw_deg, -pose.pitch_deg]) * 4.0
        centre = self._sheet.middle + self._sheet.unit * (np.array(self._light.shines) + turn)
        off = (position - np.asarray(centre, np.float32)) / np.float32(self._light.shine * self._sheet.unit)
        shine = np.exp(-(off[:, :, 0] ** 2 + 0.5 * off[:, :, 1] ** 2))
        return np.asarray(self._light.reflection * shine, np.float32)


def moire(pixels: Floats, depth: Floats | float) -> Floats:
    """The gain (h, w, 3), around 1, of a screen's stripes at positions (h, w, 2) in screen pixels.

    It is sampled at the camera's pixels, which aliases the stripes' frequency: that is the moire.
    """
    phase = np.float32(2 * np.pi) * (pixels - np.floor(pixels))
    across, beside = np.cos(phase[:, :, 0]), np.float32(np.sqrt(0.75)) * np.sin(phase[:, :, 0])
    rows = 1 + np.float32(0.5) * depth * np.cos(phase[:, :, 1])
    # Blue, green and red lie a third of a pixel apart.
    stripes = [across, -across / 2 - beside, -across / 2 + beside]
    return np.asarray(np.stack([rows + depth * stripe for stripe in stripes], axis=-1), np.float32)


def bands(rows: Floats, at_s: float, light: Light) -> Floats:
    """The gain (h,) of the picture's rows at `at_s`, as a rolling shutter sees the screen being refreshed."""
    phase = 2 * np.pi * (np.asarray(rows, np.float64) / light.band_px - light.rolls_hz * at_s)
    return np.asarray(1 - light.bands * (0.5 + 0.5 * np.cos(phase)), np.float32)
