"""A camera that hangs on its side, upside down, or gives what a mirror shows."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from camera import Answering, Frame, MeshOf, Orientation, Oriented, Prompt, Rotation, open_camera
from camera.frame import Closing
from camera.orientation import ROTATIONS, rotated

SCENE = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
"""No two of its pixels are alike."""


class Hung(Closing):
    """A camera that sees the scene in its own way, and hears."""

    realtime = True

    def __init__(self) -> None:
        self.asked: list[tuple[Prompt, float]] = []
        self.closed = False

    def read(self) -> Frame | None:
        return None if self.closed else Frame(SCENE, 7.0, 3)

    def obey(self, action: Prompt, at_s: float) -> None:
        self.asked.append((action, at_s))

    def close(self) -> None:
        self.closed = True


def test_a_rotation_is_clockwise_and_a_mirror_exchanges_the_sides_after_it() -> None:
    assert Orientation(90).upright(SCENE)[0, 1].tolist() == SCENE[0, 0].tolist()  # the first corner, now on the right
    assert (Orientation(180).upright(SCENE) == SCENE[::-1, ::-1]).all()
    assert (Orientation(0, mirror=True).upright(SCENE) == SCENE[:, ::-1]).all()
    assert (Orientation(270, mirror=True).upright(SCENE) == Orientation(270).upright(SCENE)[:, ::-1]).all()


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("rotate", ROTATIONS)
@pytest.mark.parametrize("further", ROTATIONS)
def test_what_is_still_to_be_turned_is_said_as_the_setting(
    rotate: Rotation, further: Rotation, *, mirror: bool
) -> None:
    here = Orientation(rotate, mirror)
    told = Orientation(here.rotate_after(further), mirror)
    assert (told.upright(SCENE) == rotated(here.upright(SCENE), further)).all()


def test_an_oriented_camera_is_its_source_but_for_the_picture() -> None:
    hung = Hung()
    with Oriented(hung, Orientation(90)) as camera:
        assert isinstance(camera, Answering)
        assert camera.realtime
        frame = camera.read()
        camera.obey("blink", 8.0)
    assert frame is not None
    assert (frame.image.shape, frame.at_s, frame.index, frame.truth) == ((3, 2, 3), 7.0, 3, None)
    assert hung.asked == [("blink", 8.0)]
    assert hung.closed
    assert camera.read() is None


def test_a_film_does_not_hear(tmp_path: Path) -> None:
    path = tmp_path / "scene.png"
    assert cv2.imwrite(str(path), SCENE)
    with Oriented(open_camera(f"file:{path}"), Orientation(180)) as camera:
        camera.obey("blink", 0.0)
        frame = camera.read()
    assert frame is not None
    assert (frame.image == SCENE[::-1, ::-1]).all()


def test_the_truth_of_another_picture_is_not_told(photo: Path, mesh_of: MeshOf) -> None:
    with Oriented(open_camera(f"person:{photo}", mesh_of=mesh_of), Orientation(90)) as camera:
        frame = camera.read()
    assert frame is not None
    assert frame.truth is None
