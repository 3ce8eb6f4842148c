"""A camera that hangs on its side: noticed by the faces in its picture."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from camera import Image, Rotation
from camera.files import read_photo
from camera.orientation import ROTATIONS, rotated
from kiosk.app import parts
from kiosk.recognition.sideways import SidewaysWatch, best_rotation
from kiosk.settings import CameraSettings, laptop_settings
from models.assets import AssetStore
from models.detector import FaceDetector
from tests.shared import shared

PHOTOS = ("photo-grace-hopper", "photo-astronaut")


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector()


def back(rotation: Rotation) -> Rotation:
    return ROTATIONS[-rotation // 90 % 4]


@pytest.mark.parametrize("rotation", ROTATIONS)
@pytest.mark.parametrize("name", PHOTOS)
def test_a_face_is_found_however_it_lies(detector: FaceDetector, name: str, rotation: Rotation) -> None:
    lying = rotated(read_photo(AssetStore().path(name)), back(rotation))
    assert best_rotation(detector, lying) == rotation


def test_a_wall_says_nothing(detector: FaceDetector) -> None:
    assert best_rotation(detector, np.full((480, 640, 3), 180, np.uint8)) is None


@pytest.mark.parametrize("rotation", ROTATIONS)
def test_people_before_a_real_webcam(detector: FaceDetector, rotation: Rotation) -> None:
    sittings = shared("spoof") / "nuaa" / "genuine"
    if not sittings.is_dir():
        pytest.skip(f"no pictures of people before a webcam at {sittings}")
    for sitting in sorted(sittings.iterdir()):
        image = read_photo(min(sitting.iterdir()))
        assert best_rotation(detector, rotated(image, back(rotation))) == rotation, sitting.name


def test_the_watch_is_sure_when_it_has_seen_the_same_several_times() -> None:
    watch, at_s = SidewaysWatch(), 0.0
    told: list[Rotation | None] = []
    seen: list[Rotation | None] = [90, None, 0, 90, None, 90]
    for best in seen:
        assert watch.due(at_s)
        told.append(watch.see(best, at_s))
        assert not watch.due(at_s + 1), "it looks now and then"
        at_s += 10
    assert told == [None] * 5 + [90]
    assert not watch.due(1e9), "it is told once"


def test_the_camera_of_the_settings_is_upright_and_another_is_as_it_is(tmp_path: Path) -> None:
    scene: Image = np.arange(64 * 48 * 3, dtype=np.uint32).astype(np.uint8).reshape(48, 64, 3)
    mine, other = tmp_path / "mine.png", tmp_path / "other.png"
    assert cv2.imwrite(str(mine), scene)
    assert cv2.imwrite(str(other), scene)
    settings = laptop_settings(tmp_path).model_copy(
        update={"camera": CameraSettings(url=f"file:{mine}", rotate=90, mirror=True)}
    )
    for url, expected in ((None, rotated(scene, 90)[:, ::-1]), (f"file:{other}", scene)):
        with parts.camera(settings, url) as camera:
            frame = camera.read()
        assert frame is not None
        assert (frame.image == expected).all()
