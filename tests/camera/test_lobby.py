"""The lobby: a called person appears at once and can be asked for actions."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera import Camera, CameraUrlError, Frame, SourceUnreadable, open_camera
from camera.frame import Closing, Prompt
from camera.synthetic.lobby import Lobby


class Film(Closing):
    """A film of three frames that keeps the actions asked of it."""

    realtime = False

    def __init__(self) -> None:
        self.asked: list[Prompt] = []
        self.closed = False
        self._left = 3

    def read(self) -> Frame | None:
        self._left -= 1
        return None if self._left < 0 else Frame(np.full((48, 64, 3), 10, np.uint8), (2 - self._left) / 100, 0)

    def obey(self, action: Prompt, _at_s: float) -> None:
        self.asked.append(action)

    def close(self) -> None:
        self.closed = True


class Scene:
    """A lobby, the films that it has opened, and the file that controls it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.films: list[Film] = []
        self.now_s = 100.0
        path.touch()
        self.lobby = Lobby(path, self._enter, self._clock)

    def call(self, line: str) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line)

    def see(self) -> Frame:
        frame = self.lobby.read()
        assert frame is not None
        return frame

    def somebody(self) -> bool:
        return int(self.see().image[0, 0, 0]) == 10

    def _enter(self, _line: str) -> Camera:
        self.films.append(Film())
        return self.films[-1]

    def _clock(self) -> float:
        self.now_s += 1.0  # nothing has to wait
        return self.now_s


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path / "people.txt")
    with scene.lobby:
        yield scene


def test_the_wall_is_empty_before_somebody_is_called_and_once_they_have_gone(scene: Scene) -> None:
    seen = [scene.somebody()]
    scene.call("person:somebody\n")
    seen += [scene.somebody() for _ in range(4)]
    assert seen == [False, True, True, True, False]


def test_who_is_called_takes_the_place_of_who_is_there(scene: Scene) -> None:
    scene.call("person:one\n")
    assert scene.somebody()
    scene.call("person:another\n")
    assert scene.somebody()
    assert [film.closed for film in scene.films] == [True, False]
    scene.call("nobody\n")
    assert not scene.somebody()
    assert scene.films[-1].closed


def test_half_a_line_is_waited_for(scene: Scene) -> None:
    scene.call("person:some")
    assert not scene.somebody()
    scene.call("body\n\n")
    assert scene.somebody()


def test_who_is_there_hears_what_is_asked(scene: Scene) -> None:
    scene.call("turn_right\nperson:somebody\n")
    scene.see()
    scene.call("turn_left\n")
    scene.see()
    assert scene.films[0].asked == ["turn_left"]


def test_frames_are_counted_through_and_time_goes_on(scene: Scene) -> None:
    frames = [scene.see()]
    scene.call("person:somebody\n")
    frames += [scene.see() for _ in range(5)]
    assert [frame.index for frame in frames] == list(range(6))
    assert all(before.at_s < after.at_s for before, after in itertools.pairwise(frames))


def test_closed_nobody_comes_any_more(scene: Scene) -> None:
    scene.call("person:somebody\n")
    scene.see()
    scene.lobby.close()
    assert scene.lobby.read() is None


def test_a_picture_is_let_in_by_its_url_and_a_live_camera_is_not(tmp_path: Path) -> None:
    assert cv2.imwrite(str(tmp_path / "face.png"), np.full((48, 64, 3), 10, np.uint8))
    people = tmp_path / "people.txt"
    people.write_text(f"file:{tmp_path}/face.png\n")
    with open_camera(f"lobby:{people}") as camera:
        frame = camera.read()
        assert frame is not None
        assert frame.image.shape == (48, 64, 3)
        for url in ("v4l2:/dev/video0", f"file:{tmp_path}/face.png?realtime=1", "come in"):
            people.write_text(people.read_text() + url + "\n")
            with pytest.raises(CameraUrlError, match="lobby"):
                camera.read()


def test_a_lobby_without_its_list_says_so(tmp_path: Path) -> None:
    with open_camera(f"lobby:{tmp_path}/nowhere.txt") as camera, pytest.raises(SourceUnreadable, match="nowhere"):
        camera.read()
