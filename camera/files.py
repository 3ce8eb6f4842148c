"""Recorded sources (videos, images and folders of images), and `Paced`, which plays a source in real time."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from camera.errors import SourceUnreadable
from camera.frame import Answering, Camera, Closing, Frame, Image, Metering, Prompt


class Paced(Closing):
    """Plays a source in real time: each frame is held back until it is due on the clock, and dated by that clock.

    A reader that falls behind gets every frame, later, rather than losing some. The timeline is then shifted, so that
    no frame is dated before the moment it was ready.
    """

    realtime = True

    def __init__(self, source: Camera, clock: Callable[[], float]) -> None:
        self._source = source
        self._clock = clock
        self._closed = threading.Event()
        self._start_s: float | None = None

    def read(self) -> Frame | None:
        """Wait until the next frame is due; None when the source has ended or is closed."""
        frame = self._source.read()
        if frame is None:
            return None
        now_s = self._clock()
        if self._start_s is None or now_s > self._start_s + frame.at_s:
            self._start_s = now_s - frame.at_s
        due_s = self._start_s + frame.at_s
        if self._closed.wait(due_s - now_s):
            return None
        return replace(frame, at_s=due_s)

    def obey(self, action: Prompt, at_s: float) -> None:
        """Ask the person before the source, if they can hear.

        They are asked now, as the frame of `at_s` is past by the time it has been analysed.
        """
        if isinstance(self._source, Answering) and self._start_s is not None:
            self._source.obey(action, max(at_s, self._clock()) - self._start_s)

    def meter(self, brightness: float | None, at_s: float) -> None:
        """Tell the source how bright the face is, if it can follow."""
        if isinstance(self._source, Metering) and self._start_s is not None:
            self._source.meter(brightness, at_s - self._start_s)

    def close(self) -> None:
        """End a wait in `read` and close the source."""
        self._closed.set()
        self._source.close()


IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
VIDEO_SUFFIXES = frozenset({".mp4", ".m4v", ".mkv", ".mov", ".webm", ".avi", ".gif"})
USUAL_FPS = 30.0
"""Frames a second of images, and of videos that name no rate."""


def read_photo(path: Path) -> Image:
    """An image file as BGR, turned upright by its EXIF orientation. Raises `SourceUnreadable`."""
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise SourceUnreadable(f"{path}: there is no such file") from error
    except OSError as error:
        raise SourceUnreadable(f"{path}: cannot be read ({error.strerror})") from error
    return decode_photo(data, str(path))


def decode_photo(encoded: bytes, name: str) -> Image:
    """The picture in the bytes of an image file, as `read_photo` gives it. Errors call the file `name`."""
    data = np.frombuffer(encoded, np.uint8)
    try:
        image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except cv2.error as error:  # OpenCV refuses pictures of too many pixels
        raise SourceUnreadable(f"{name}: is too large an image; make it smaller") from error
    if image is None:
        raise SourceUnreadable(f"{name}: is not an image that can be read; use JPEG or PNG")
    return image.astype(np.uint8, copy=False)


class FileCamera(Closing):
    """Plays a file or folder. `at_s` counts from 0 and goes on counting through repeats.

    `fps` is the rate of images, and of videos that name none. Raises `SourceUnreadable` at once when there is no such
    path, and in `read` when a file is damaged.
    """

    realtime = False

    def __init__(self, path: Path, *, loop: bool, fps: float = USUAL_FPS) -> None:
        self._path = path
        self._loop = loop
        self._images = _image_files(path)
        self._fps = fps
        self._index = 0
        self._frames = self._play()

    def read(self) -> Frame | None:
        """The next frame; None after the last one."""
        image = next(self._frames, None)
        if image is None:
            return None
        frame = Frame(image, self._index / self._fps, self._index)
        self._index += 1
        return frame

    def close(self) -> None:
        """End the playing."""
        self._frames = iter(())

    def _play(self) -> Iterator[Image]:
        while True:
            before = self._index
            yield from map(read_photo, self._images) if self._images else self._video()
            if self._index == before:
                raise SourceUnreadable(f"{self._path}: holds no picture that can be read")
            if not self._loop:
                return

    def _video(self) -> Iterator[Image]:
        capture = cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG)
        try:
            if not capture.isOpened():
                raise SourceUnreadable(f"{self._path}: is neither a video nor an image that can be read")
            fps = capture.get(cv2.CAP_PROP_FPS)
            if math.isfinite(fps) and fps > 0:
                self._fps = fps
            while (image := capture.read()[1]) is not None:
                yield image.astype(np.uint8, copy=False)
        finally:
            capture.release()


def _image_files(path: Path) -> list[Path]:
    """The images to play; empty when the path is a video."""
    if path.is_dir():
        images = sorted(entry for entry in path.iterdir() if entry.suffix.lower() in IMAGE_SUFFIXES)
        if not images:
            raise SourceUnreadable(f"{path}: the folder holds no image ({', '.join(sorted(IMAGE_SUFFIXES))})")
        return images
    if not path.is_file():
        raise SourceUnreadable(f"{path}: there is no such file or folder")
    return [path] if path.suffix.lower() in IMAGE_SUFFIXES else []
