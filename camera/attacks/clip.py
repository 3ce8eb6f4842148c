"""Genuine recordings that an attacker has got hold of: of a photo's person, moving and blinking, or a video."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from camera.files import IMAGE_SUFFIXES, FileCamera, read_photo
from camera.frame import Camera, Frame, Image, MeshOf
from camera.person.camera import PersonCamera, Scene
from camera.person.portrait import LEFT_SIDE, RIGHT_SIDE, Floats, face_width
from camera.person.script import Stand

FILM, SELFIE = (640, 480), (420, 560)
FPS = {FILM: 30.0, SELFIE: 25.0}
"""Sizes of clips of a photo's person: as this camera films, and as a phone does, (width, height) px, and frames/s."""


def clip_of(source: Path, mesh_of: MeshOf, face_px: float, size: tuple[int, int], seed: int) -> Camera:
    """A clip without end of the person in a photo, or a video again and again. Raises `SourceUnreadable`."""
    if source.suffix.lower() not in IMAGE_SUFFIXES:
        return FileCamera(source, loop=True)
    photo = read_photo(source)
    script, scene = Stand(face_px=face_px, seed=seed), Scene(size=size, fps=FPS[size], seed=seed)
    return PersonCamera(photo, mesh_of(photo), script, scene)


class Playback:
    """A clip without end, shown in a window (width, height) px: the part of it around the face of its first frame.

    That face, `mesh` (468, 2) in the window, takes `share` of its width.
    """

    def __init__(self, clip: Camera, mesh_of: MeshOf, size: tuple[int, int], share: float) -> None:
        self._frames = iter(clip.read, None)
        self._now = self._next = first = next(self._frames)
        self._size = size
        mesh = mesh_of(first.image)
        scale = share * size[0] / face_width(mesh)
        middle = (mesh[RIGHT_SIDE, :2] + mesh[LEFT_SIDE, :2]) / 2
        self._scale, self._shift = scale, np.array([size[0] / 2, 0.48 * size[1]]) - scale * middle
        self.mesh = self.place(mesh[:, :2])

    def at(self, at_s: float) -> Frame:
        """What the window shows at `at_s`, which never goes back: the clip's newest frame, (height, width, 3)."""
        while self._next.at_s <= at_s:
            self._now, self._next = self._next, next(self._frames)
        return self._now

    def window(self, image: Image) -> Image:
        """The part of a clip's picture that is shown."""
        cut = np.array([[self._scale, 0, self._shift[0]], [0, self._scale, self._shift[1]]])
        return np.asarray(cv2.warpAffine(image, cut, self._size, borderMode=cv2.BORDER_REPLICATE), np.uint8)

    def place(self, points: Floats) -> Floats:
        """Where positions (N, 2) of the clip's picture lie in the window."""
        return np.asarray(points * self._scale + self._shift, np.float32)
