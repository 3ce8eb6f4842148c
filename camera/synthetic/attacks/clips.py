"""Clips of a person, and edited clips that replace the camera's film: stills, loops and cuts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, islice, repeat
from pathlib import Path

import cv2
import numpy as np

from camera.files import IMAGE_SUFFIXES, FileCamera, read_photo
from camera.frame import Answering, Camera, Closing, Frame, Image, MeshOf, Prompt
from camera.synthetic.person.camera import PersonCamera, Scene
from camera.synthetic.person.portrait import LEFT_SIDE, RIGHT_SIDE, Floats, face_width
from camera.synthetic.person.script import Stand

FILM, SELFIE = (640, 480), (420, 560)
FPS = {FILM: 30.0, SELFIE: 25.0}
"""Sizes (width, height) in px and rates in frames/s of drawn clips: as the kiosk's camera films, and as a phone
does."""


def clip_of(source: Path, mesh_of: MeshOf, face_px: float, size: tuple[int, int], seed: int) -> Camera:
    """A clip without end: a drawn one of the person in a photo, or a video repeated. Raises `SourceUnreadable`."""
    if source.suffix.lower() not in IMAGE_SUFFIXES:
        return FileCamera(source, loop=True)
    photo = read_photo(source)
    script, scene = Stand(face_px=face_px, seed=seed), Scene(size=size, fps=FPS[size], seed=seed)
    return PersonCamera(photo, mesh_of(photo), script, scene)


class Playback:
    """A clip without end, cropped to a window (width, height) px around the face of its first frame.

    That face takes `share` of the window's width. `mesh` (468, 2) are its points in the window.
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
        """The clip's newest frame at `at_s`, which must not go back."""
        while self._next.at_s <= at_s:
            self._now, self._next = self._next, next(self._frames)
        return self._now

    def window(self, image: Image) -> Image:
        """The part of a clip's picture that the window shows, (height, width, 3)."""
        cut = np.array([[self._scale, 0, self._shift[0]], [0, self._scale, self._shift[1]]])
        return np.asarray(cv2.warpAffine(image, cut, self._size, borderMode=cv2.BORDER_REPLICATE), np.uint8)

    def place(self, points: Floats) -> Floats:
        """The positions in the window of points (N, 2) in the clip's picture."""
        return np.asarray(points * self._scale + self._shift, np.float32)


STEP_S = 1 / 30
"""Seconds between frames of an edited clip."""


class Edited(Closing):
    """A camera that plays frames of clips in another order, dated from 0, for `seconds`. It closes the clips.

    A recording ignores requests. `live` is the clip whose person answers them, if any.
    """

    realtime = False

    def __init__(
        self, frames: Iterator[Frame], clips: tuple[Camera, ...], seconds: float, live: Camera | None = None
    ) -> None:
        self._frames = frames
        self._clips = clips
        self._live = live
        self._seconds = seconds
        self._index = 0

    def read(self) -> Frame | None:
        """The next frame. None at the end."""
        at_s = self._index * STEP_S
        frame = next(self._frames, None) if at_s < self._seconds else None
        if frame is None:
            return None
        self._index += 1
        return replace(frame, at_s=at_s, index=self._index - 1)

    def obey(self, action: Prompt, at_s: float) -> None:
        """Ask the live person, if there is one, after the frame of `at_s`."""
        if isinstance(self._live, Answering):
            self._live.obey(action, at_s)

    def close(self) -> None:
        """End the film and close the clips."""
        self._frames = iter(())
        for clip in self._clips:
            clip.close()


def still(clip: Camera, seconds: float) -> Edited:
    """The first frame, repeated without any change."""
    return Edited((frame for first in islice(_frames(clip), 1) for frame in repeat(first)), (clip,), seconds)


def loop(clip: Camera, seconds: float, every_s: float) -> Edited:
    """The first `every_s` seconds, repeated."""
    return Edited(cycle(islice(_frames(clip), max(2, round(every_s / STEP_S)))), (clip,), seconds)


def cut(before: Camera, after: Camera, seconds: float, at_s: float, skip_s: float) -> Edited:
    """A live person until `at_s`, then the clip `after` of another.

    Where both are the same clip, it continues `skip_s` later instead, and nobody is live.
    """
    live = None if before is after else before
    return Edited(_joined(before, after, round(at_s / STEP_S), round(skip_s / STEP_S)), (before, after), seconds, live)


def _joined(before: Camera, after: Camera, count: int, skipped: int) -> Iterator[Frame]:
    first = list(islice(_frames(before), 1))
    yield from first
    yield from islice(_frames(before), count - 1)
    height, width = first[0].image.shape[:2]
    for frame in islice(_frames(after), skipped, None):
        yield _fitted(frame, width, height)


def _frames(clip: Camera) -> Iterator[Frame]:
    while (frame := clip.read()) is not None:
        yield frame


def _fitted(frame: Frame, width: int, height: int) -> Frame:
    """A frame scaled to cover another size and cropped to it. Its truth is dropped when its size changes."""
    own_height, own_width = frame.image.shape[:2]
    if (own_width, own_height) == (width, height):
        return frame
    scale = max(width / own_width, height / own_height)
    shift = (width - scale * own_width) / 2, (height - scale * own_height) / 2
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    return replace(frame, image=np.asarray(cv2.warpAffine(frame.image, matrix, (width, height)), np.uint8), truth=None)
