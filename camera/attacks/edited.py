"""Clips that never were before this camera: a still, a cut, a loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, islice, repeat

import cv2
import numpy as np

from camera.frame import Action, Answering, Camera, Closing, Frame

STEP_S = 1 / 30


class Edited(Closing):
    """Frames of clips in another order, dated anew from 0, for `seconds`; it closes the clips.

    A recording does not hear what is asked; `live` is who does, if anybody.
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
        """The next frame; None at the end."""
        at_s = self._index * STEP_S
        frame = next(self._frames, None) if at_s < self._seconds else None
        if frame is None:
            return None
        self._index += 1
        return replace(frame, at_s=at_s, index=self._index - 1)

    def obey(self, action: Action, at_s: float) -> None:
        """Whoever is live is asked in the frame of `at_s`."""
        if isinstance(self._live, Answering):
            self._live.obey(action, at_s)

    def close(self) -> None:
        """End it."""
        self._frames = iter(())
        for clip in self._clips:
            clip.close()


def still(clip: Camera, seconds: float) -> Edited:
    """One frame, the same to the last bit."""
    return Edited((frame for first in islice(_frames(clip), 1) for frame in repeat(first)), (clip,), seconds)


def loop(clip: Camera, seconds: float, every_s: float) -> Edited:
    """The first `every_s` again and again."""
    return Edited(cycle(islice(_frames(clip), max(2, round(every_s / STEP_S)))), (clip,), seconds)


def cut(before: Camera, after: Camera, seconds: float, at_s: float, skip_s: float) -> Edited:
    """Somebody live until `at_s`, then another's clip; or a clip until then, and the same one `skip_s` further on."""
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
    """A frame in another's size: made to cover it, the rest cut off. What it truly showed is no longer known then."""
    own_height, own_width = frame.image.shape[:2]
    if (own_width, own_height) == (width, height):
        return frame
    scale = max(width / own_width, height / own_height)
    shift = (width - scale * own_width) / 2, (height - scale * own_height) / 2
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    return replace(frame, image=np.asarray(cv2.warpAffine(frame.image, matrix, (width, height)), np.uint8), truth=None)
