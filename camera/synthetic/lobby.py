"""Several people before one synthetic camera: one after another, or called by lines written to a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, get_args

from camera.errors import SourceUnreadable
from camera.files import Paced
from camera.frame import Answering, Camera, Closing, Frame, Prompt
from camera.synthetic.person.camera import WALL_BGR, wall


class CameraQueue(Closing):
    """Plays each camera to its end; frames are counted through, and video time goes on where the last one stopped.

    All of them are in real time, or none is.
    """

    def __init__(self, cameras: Sequence[Camera]) -> None:
        self._cameras = cameras
        self._turn = 0
        self._closed = False
        self._index = 0
        self._begin_s = 0.0
        self._last_s = 0.0
        self._step_s = 0.0

    @property
    def realtime(self) -> bool:
        """As its cameras."""
        return self._cameras[0].realtime

    def read(self) -> Frame | None:
        """The next frame of the camera whose turn it is; None after the last one's end, or when closed."""
        while not self._closed and self._turn < len(self._cameras):
            frame = self._cameras[self._turn].read()
            if frame is not None:
                return self._renumbered(frame)
            self._turn += 1
            if not self.realtime:
                self._begin_s = self._last_s + self._step_s
        return None

    def obey(self, action: Prompt, at_s: float) -> None:
        """Ask whoever's turn it is, if they can hear."""
        now = self._cameras[min(self._turn, len(self._cameras) - 1)]
        if isinstance(now, Answering):
            now.obey(action, at_s - self._begin_s)

    def close(self) -> None:
        """Close them all; another thread may be in `read`."""
        self._closed = True
        for camera in self._cameras:
            camera.close()

    def _renumbered(self, frame: Frame) -> Frame:
        at_s = self._begin_s + frame.at_s
        self._step_s, self._last_s = at_s - self._last_s, at_s
        self._index += 1
        return replace(frame, at_s=at_s, index=self._index - 1)


SIZE: Final = (640, 480)
FPS: Final = 15.0
NOBODY: Final = "nobody"
ACTIONS: Final[tuple[Prompt, ...]] = get_args(Prompt)


class Lobby(Closing):
    """Plays what a line of the file names from the moment it is written, and an empty wall when that is over.

    A line is a camera URL, whose film takes the place of what was there; an action, asked of who is there; or
    `nobody`. `enter` opens the film of a URL; its errors pass through `read`.
    """

    realtime = True

    def __init__(self, path: Path, enter: Callable[[str], Camera], clock: Callable[[], float]) -> None:
        self._path = path
        self._enter = enter
        self._clock = clock
        self._closed = False
        self._read_bytes = 0
        self._index = 0
        self._at_s = 0.0
        self._now = self._paced(Wall())

    def read(self) -> Frame | None:
        """The next frame; None when closed. Raises `SourceUnreadable` when the file is not there."""
        for line in self._lines():
            self._heed(line)
        frame = self._now.read()
        if frame is None and not self._closed:
            self._heed(NOBODY)
            frame = self._now.read()
        if frame is None:
            return None
        self._index, self._at_s = self._index + 1, frame.at_s
        return Frame(frame.image, frame.at_s, self._index - 1, frame.truth)

    def close(self) -> None:
        """End it; another thread may be in `read`."""
        self._closed = True
        self._now.close()

    def _heed(self, line: str) -> None:
        if (action := next((known for known in ACTIONS if known == line), None)) is not None:
            self._now.obey(action, self._at_s)
            return
        before, self._now = self._now, self._paced(Wall() if line == NOBODY else self._enter(line))
        before.close()
        if self._closed:  # while it was opened
            self._now.close()

    def _paced(self, film: Camera) -> Paced:
        return Paced(film, self._clock)

    def _lines(self) -> Iterator[str]:
        """Those that have been written to their end since it was last asked."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._read_bytes)
                whole, end, _ = file.read().rpartition(b"\n")
        except OSError as error:
            raise SourceUnreadable(f"{self._path}: cannot be read ({error.strerror})") from error
        self._read_bytes += len(whole) + len(end)
        yield from filter(None, map(str.strip, whole.decode("utf-8").split("\n")))


class Wall(Closing):
    """The empty wall, for ever."""

    realtime = False

    def __init__(self) -> None:
        self._image = wall(SIZE, WALL_BGR, seed=0)
        self._index = 0

    def read(self) -> Frame | None:
        """The next frame."""
        self._index += 1
        return Frame(self._image, (self._index - 1) / FPS, self._index - 1)

    def close(self) -> None:
        """There is nothing to let go of."""
