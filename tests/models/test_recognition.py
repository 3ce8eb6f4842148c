"""Detector, landmarks, pose and embedding on real photos and on the synthetic person, whose truth is known."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera import Frame, open_camera
from models.align import PORTRAIT
from models.assets import AssetStore
from models.detector import FaceDetector, FaceMesh
from models.embedder import Embedder, load
from models.errors import ModelError
from models.face import Box, Points, RgbImage
from models.gallery import Vector
from models.landmarks import LandmarkFinder, _read, bounds, pose

PHOTOS = ("photo-grace-hopper", "photo-astronaut")


def rgb(path: Path) -> RgbImage:
    image = cv2.imread(str(path))
    assert image is not None
    return np.ascontiguousarray(image[:, :, ::-1])


@pytest.fixture(scope="module")
def photos(store: AssetStore) -> dict[str, RgbImage]:
    return {name: rgb(store.path(name)) for name in PHOTOS}


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector()


@pytest.fixture
def finder() -> Iterator[LandmarkFinder]:
    with LandmarkFinder() as made:
        yield made


@pytest.fixture(scope="module")
def mesh_of(detector: FaceDetector) -> Callable[[RgbImage], Points]:
    def mesh(bgr: RgbImage) -> Points:
        image = np.ascontiguousarray(bgr[:, :, ::-1])
        with LandmarkFinder() as finder:
            points = finder.find(image, detector.detect(image)[0].box)
        assert points is not None
        return points

    return mesh


@pytest.fixture(scope="module")
def two(photos: dict[str, RgbImage], detector: FaceDetector) -> tuple[RgbImage, Box, Box]:
    """A picture of both people side by side, and the boxes of the left and the right one."""
    left, right = photos[PHOTOS[0]], photos[PHOTOS[1]][:350, 50:400]
    image = np.hstack([cv2.resize(part, (480, 480 * part.shape[0] // part.shape[1]))[:480] for part in (left, right)])
    first, second = sorted(detector.detect(image), key=lambda face: face.box.x0)
    return image, first.box, second.box


@pytest.mark.parametrize("name", PHOTOS)
def test_the_detector_finds_the_one_face_of_a_photo(
    photos: dict[str, RgbImage], detector: FaceDetector, name: str
) -> None:
    image = photos[name]
    (face,) = detector.detect(image)
    assert face.score > 0.8
    assert 0 < face.box.x0 < face.box.x1 < image.shape[1]
    assert 0 < face.box.y0 < face.box.y1 < image.shape[0]


def test_the_detector_finds_nobody_on_a_wall(detector: FaceDetector) -> None:
    assert detector.detect(np.full((480, 640, 3), 190, np.uint8)) == []


def test_landmarks_belong_to_the_chosen_of_two_faces(two: tuple[RgbImage, Box, Box], finder: LandmarkFinder) -> None:
    image, left, right = two
    for chosen, other in ((left, right), (right, left), (left, right)):
        points = finder.find(image, chosen)
        assert points is not None
        assert points.shape == (468, 3)
        assert bounds(points).overlap(chosen) > 0.5
        assert bounds(points).overlap(other) == 0


def test_a_face_that_jumps_is_found_again_and_one_that_is_gone_is_not(
    photos: dict[str, RgbImage], detector: FaceDetector, finder: LandmarkFinder
) -> None:
    photo = cv2.resize(photos[PHOTOS[0]], None, fx=0.5, fy=0.5)
    (face,) = detector.detect(np.asarray(photo, np.uint8))
    height, width = photo.shape[:2]
    wall = np.full((height, 4 * width, 3), 190, np.uint8)
    for at in (0, 3 * width, width):
        image = wall.copy()
        image[:, at : at + width] = photo
        chosen = Box(face.box.x0 + at, face.box.y0, face.box.x1 + at, face.box.y1)
        points = finder.find(image, chosen)
        assert points is not None
        assert bounds(points).overlap(chosen) > 0.5
    assert finder.find(wall, chosen) is None


@pytest.fixture(scope="module")
def turning(store: AssetStore, mesh_of: Callable[[RgbImage], Points]) -> list[Frame]:
    """Frames of the synthetic person, who stands and turns to 22 degrees on both sides."""
    with open_camera(f"person:{store.path(PHOTOS[0])}?yaw=22&seconds=6&blink=0", mesh_of=mesh_of) as camera:
        return [frame for frame in iter(camera.read, None) if 1.6 < frame.at_s < 4.9]


@pytest.mark.parametrize("yaw", [-20, -10, 0, 10, 20])
def test_pose_reads_back_the_turn_of_the_synthetic_person(
    turning: list[Frame], mesh_of: Callable[[RgbImage], Points], yaw: int
) -> None:
    frame = min(turning, key=lambda frame: abs(frame.truth.yaw_deg - yaw))
    assert frame.truth.yaw_deg == pytest.approx(yaw, abs=1)
    read = pose(mesh_of(frame.image))
    assert read.yaw_deg == pytest.approx(frame.truth.yaw_deg, abs=4)
    assert read.roll_deg == pytest.approx(frame.truth.roll_deg, abs=4)


def test_the_wire_reader_agrees_with_the_objects(photos: dict[str, RgbImage]) -> None:
    with FaceMesh(static_image_mode=True, max_num_faces=1) as mesh:
        (landmarks,) = mesh.process(photos[PHOTOS[0]]).multi_face_landmarks
    slow = np.array([(point.x, point.y, point.z) for point in landmarks.landmark], np.float32)
    assert np.array_equal(_read(landmarks.SerializeToString()), slow)


def test_another_message_is_not_read_as_landmarks() -> None:
    with pytest.raises(ModelError, match="12 bytes of landmarks"):
        _read(bytes(12))


@pytest.fixture(scope="module")
def embedder(store: AssetStore) -> Embedder:
    return load(store, ["dlib-resnet-v1"])


def embedded(embedder: Embedder, detector: FaceDetector, image: RgbImage) -> Vector:
    with LandmarkFinder() as finder:
        points = finder.find(image, detector.detect(image)[0].box)
    assert points is not None
    aligned = embedder.chip(image, points)
    assert aligned.shape == (PORTRAIT.size, PORTRAIT.size, 3)
    return embedder.embed(aligned)


def test_one_person_is_nearer_to_themselves_than_to_another(
    photos: dict[str, RgbImage], detector: FaceDetector, embedder: Embedder
) -> None:
    photo, other = (photos[name] for name in PHOTOS)
    dim = np.asarray(cv2.resize(photo, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA) * 0.7, np.uint8)
    turned = cv2.warpAffine(
        photo, cv2.getRotationMatrix2D((256, 300), 8, 0.9), photo.shape[1::-1], borderMode=cv2.BORDER_REPLICATE
    )
    probe, stranger, same, tilted = (
        embedded(embedder, detector, image) for image in (photo, other, dim, np.asarray(turned, np.uint8))
    )
    assert np.linalg.norm(probe) == pytest.approx(1, abs=1e-5)
    assert probe @ same > 0.97
    assert probe @ tilted > 0.97
    assert probe @ stranger < 0.9
