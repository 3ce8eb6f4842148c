"""Frames from files: a video or GIF, one image, or a folder of images in the order of their names."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from camera.errors import SourceUnreadable
from camera.frame import Closing, Frame, Image

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
VIDEO_SUFFIXES = frozenset({".mp4", ".m4v", ".mkv", ".mov", ".webm", ".avi", ".gif"})
USUAL_FPS = 30.0


def read_photo(path: Path) -> Image:
    """An image file as BGR, turned upright by its EXIF note. Raises `SourceUnreadable`."""
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise SourceUnreadable(f"{path}: there is no such file") from error
    except OSError as error:
        raise SourceUnreadable(f"{path}: cannot be read ({error.strerror})") from error
    return decode_photo(data, str(path))


def decode_photo(encoded: bytes, name: str) -> Image:
    """What an image file holds, as `read_photo`; errors call it `name`."""
    data = np.frombuffer(encoded, np.uint8)
    try:
        image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except cv2.error as error:  # not a damaged picture but one of more pixels than OpenCV agrees to hold
        raise SourceUnreadable(f"{name}: is too large an image; make it smaller") from error
    if image is None:
        raise SourceUnreadable(f"{name}: is not an image that can be read; use JPEG or PNG")
    return image.astype(np.uint8, copy=False)


class FileCamera(Closing):
    """Plays a file or folder; `at_s` counts from 0 and goes on counting through repeats.

    `fps` is for images, and for videos that do not tell theirs. Raises `SourceUnreadable`, here when the path
    leads nowhere, in `read` when a file turns out damaged.
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
