"""The picture of the camera as a stream of JPEGs. One encoder serves all pages, and rests while no page watches."""

import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

import cv2

from camera import Frame, Image
from kiosk.runtime.mailbox import Latest
from kiosk.runtime.worker import Beat
from kiosk.web.streams import Streams

BOUNDARY: Final = "frame"

_WIDTH_PX: Final = 640
_QUALITY: Final = [cv2.IMWRITE_JPEG_QUALITY, 75]
_LOOK_S: Final = 0.5
_OLD_S: Final = 2.0
"""Older frames are not shown: the last frame of a lost camera must not be shown to the people who come later."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame as a JPEG, and the monotonic instant at which it was taken."""

    jpeg: bytes
    at_s: float


class Preview:
    """Encodes the newest of `frames`, at most `fps` times a second, while a page watches. Other frames are dropped.

    The instants of the frames must be of the monotonic clock, as those of cameras in real time are.
    """

    def __init__(self, fps: float) -> None:
        self.frames: Latest[Frame] = Latest()
        self._period_s = 1 / fps
        self._lock = threading.Lock()
        self._watchers: list[Callable[[Picture], None]] = []
        self._watched = threading.Event()

    def watch(self, watcher: Callable[[Picture], None]) -> Callable[[], None]:
        """Calls `watcher` with every picture from now on. Returns a function that ends that.

        `watcher` is called in the thread of the encoder and must not block.
        """
        with self._lock:
            self._watchers.append(watcher)
            self._watched.set()

        def end() -> None:
            with self._lock:
                self._watchers.remove(watcher)
                if not self._watchers:
                    self._watched.clear()

        return end

    def run(self, stop: threading.Event, beat: Beat) -> None:
        """Encodes until `stop` is set."""
        due_s = time.monotonic()
        while not stop.is_set():
            beat()
            if not self._watched.wait(_LOOK_S):
                continue
            if self._encode():
                due_s = max(due_s + self._period_s, time.monotonic())
                stop.wait(due_s - time.monotonic())

    def close(self) -> None:
        """Ends the wait that `run` may be in, once its `stop` is set."""
        self.frames.close()
        self._watched.set()

    def _encode(self) -> bool:
        """Encodes and shows the next frame. Returns False when none comes or the frame is too old."""
        frame = self.frames.take(_LOOK_S)
        if frame is None or time.monotonic() - frame.at_s > _OLD_S:
            return False
        self._show(Picture(jpeg(frame.image), frame.at_s))
        return True

    def _show(self, picture: Picture) -> None:
        with self._lock:
            for watcher in self._watchers:
                watcher(picture)


def jpeg(image: Image) -> bytes:
    """Returns an image as a JPEG, at most 640 px wide."""
    height, width = image.shape[:2]
    size = min(width, _WIDTH_PX), round(height * min(1, _WIDTH_PX / width))
    small = image if size == (width, height) else cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", small, _QUALITY)[1].tobytes()


async def parts(preview: Preview, streams: Streams) -> AsyncIterator[bytes]:
    """Yields the pictures as parts of multipart/x-mixed-replace, each with its age when it is sent."""
    newest: deque[Picture] = deque(maxlen=1)  # a picture that was sent is not kept
    with streams.opened() as stream, ExitStack() as stack:

        def show(picture: Picture) -> None:
            newest.append(picture)
            stream.wake()

        stack.callback(preview.watch(show))
        yield f"--{BOUNDARY}\r\n".encode()
        while not stream.ended:
            if newest:
                yield _part(newest.popleft())
            await stream.wait(_LOOK_S)


def _part(picture: Picture) -> bytes:
    """Returns a part and the boundary after it: a browser shows a picture only when it has read the boundary."""
    age_ms = round((time.monotonic() - picture.at_s) * 1000)
    head = f"Content-Type: image/jpeg\r\nContent-Length: {len(picture.jpeg)}\r\nX-At-Ms: {age_ms}\r\n\r\n"
    return head.encode() + picture.jpeg + f"\r\n--{BOUNDARY}\r\n".encode()
