"""Cameras with several people: one after another (`CameraQueue`), or called by lines of a file (`Lobby`)."""

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
    """Plays cameras one after another, each to its end.

    Frames are numbered through, and their time goes on where the last camera stopped. Either all cameras are in real
    time, or none is.
    """

    def __init__(self, cameras: Sequence[Camera]) -> None:
        self._cameras = cameras
        self._current = 0
        self._closed = False
        self._index = 0
        self._begin_s = 0.0
        self._last_s = 0.0
        self._step_s = 0.0

    @property
    def realtime(self) -> bool:
        """Whether its cameras are in real time."""
        return self._cameras[0].realtime

    def read(self) -> Frame | None:
        """The next frame of the current camera. None after the end of the last one, or when closed."""
        while not self._closed and self._current < len(self._cameras):
            frame = self._cameras[self._current].read()
            if frame is not None:
                return self._renumbered(frame)
            self._current += 1
            if not self.realtime:
                self._begin_s = self._last_s + self._step_s
        return None

    def obey(self, action: Prompt, at_s: float) -> None:
        """Ask the person before the current camera, if they can hear."""
        camera = self._cameras[min(self._current, len(self._cameras) - 1)]
        if isinstance(camera, Answering):
            camera.obey(action, at_s - self._begin_s)

    def close(self) -> None:
        """Close all cameras. Another thread may be in `read`."""
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
    """A camera in real time that is controlled by lines appended to a file.

    A line with a camera URL replaces the current film. A line with an action asks it of the current person. The line
    `nobody`, or the end of a film, shows an empty wall. `enter` opens the film of a URL; `read` raises its errors.
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
        self._film = self._paced(Wall())

    def read(self) -> Frame | None:
        """The next frame. None when closed. Raises `SourceUnreadable` when the file cannot be read."""
        for line in self._lines():
            self._follow(line)
        frame = self._film.read()
        if frame is None and not self._closed:
            self._follow(NOBODY)
            frame = self._film.read()
        if frame is None:
            return None
        self._index, self._at_s = self._index + 1, frame.at_s
        return Frame(frame.image, frame.at_s, self._index - 1, frame.truth)

    def close(self) -> None:
        """Close the current film. Another thread may be in `read`."""
        self._closed = True
        self._film.close()

    def _follow(self, line: str) -> None:
        if (action := next((known for known in ACTIONS if known == line), None)) is not None:
            self._film.obey(action, self._at_s)
            return
        before, self._film = self._film, self._paced(Wall() if line == NOBODY else self._enter(line))
        before.close()
        if self._closed:  # it was closed while the film was opened
            self._film.close()

    def _paced(self, film: Camera) -> Paced:
        return Paced(film, self._clock)

    def _lines(self) -> Iterator[str]:
        """The complete lines written since the last call, without empty ones."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._read_bytes)
                whole, end, _ = file.read().rpartition(b"\n")
        except OSError as error:
            raise SourceUnreadable(f"{self._path}: cannot be read ({error.strerror})") from error
        self._read_bytes += len(whole) + len(end)
        yield from filter(None, map(str.strip, whole.decode("utf-8").split("\n")))


class Wall(Closing):
    """A film of an empty wall that never ends."""

    realtime = False

    def __init__(self) -> None:
        self._image = wall(SIZE, WALL_BGR, seed=0)
        self._index = 0

    def read(self) -> Frame | None:
        """The next frame."""
        self._index += 1
        return Frame(self._image, (self._index - 1) / FPS, self._index - 1)

    def close(self) -> None:
        """Do nothing: there is nothing to release."""
