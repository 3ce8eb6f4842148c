"""Detector and landmarks compared with the graphs of MediaPipe, whose networks they run without them."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import mediapipe
import numpy as np
import pytest
from numpy.typing import NDArray

from models.assets import AssetStore
from models.detector import FaceDetector
from models.face import Box, Face, RgbImage
from models.landmarks import LandmarkFinder
from tests.shared import shared

SITTINGS = shared("spoof/nuaa/genuine")
NEAR, FAR = 0, 1
CLOSE_PX = 0.3


def rgb(path: Path) -> RgbImage:
    image = cv2.imread(str(path))
    assert image is not None
    return np.ascontiguousarray(image[:, :, ::-1])


def moved(photo: RgbImage, degrees: float, scale: float, right: int, down: int) -> RgbImage:
    """The photo in a frame of 640x480, turned about its middle, scaled and shifted."""
    height, width = photo.shape[:2]
    turn = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), degrees, scale), np.float64)
    turn[:, 2] += (320 - width / 2 + right, 240 - height / 2 + down)
    return np.asarray(cv2.warpAffine(photo, turn, (640, 480), borderMode=cv2.BORDER_REPLICATE), np.uint8)


@pytest.fixture(scope="module")
def photos(store: AssetStore) -> list[list[RgbImage]]:
    """Each of two photos as a row of frames, as of somebody who moves a little."""
    steps = [(2 * step - 5, 0.6 + 0.02 * step, 4 * step, 3 * step) for step in range(6)]
    names = ("photo-grace-hopper", "photo-astronaut")
    return [[moved(rgb(store.path(name)), *step) for step in steps] for name in names]


@pytest.fixture(scope="module")
def sittings() -> list[list[RgbImage]]:
    if not SITTINGS.is_dir():
        pytest.skip(f"{SITTINGS} is not there")
    return [[rgb(path) for path in sorted(folder.glob("*.jpg"))[:4]] for folder in sorted(SITTINGS.iterdir())[::2]]


@pytest.fixture(scope="module", params=["photos", "sittings"])
def rows(request: pytest.FixtureRequest) -> list[list[RgbImage]]:
    found: list[list[RgbImage]] = request.getfixturevalue(request.param)
    return found


def of_graph(images: list[RgbImage], model: int, least: float) -> Iterator[list[Face]]:
    with mediapipe.solutions.face_detection.FaceDetection(model_selection=model) as graph:
        for image in images:
            height, width = image.shape[:2]
            found = [
                (found.score[0], found.location_data.relative_bounding_box)
                for found in graph.process(image).detections or ()
                if found.score[0] >= least
            ]
            yield [
                Face(
                    Box(
                        box.xmin * width,
                        box.ymin * height,
                        (box.xmin + box.width) * width,
                        (box.ymin + box.height) * height,
                    ),
                    score,
                )
                for score, box in sorted(found, key=lambda one: -one[0])
            ]


def corners(faces: list[Face]) -> NDArray[np.float64]:
    return np.array([(face.box.x0, face.box.y0, face.box.x1, face.box.y1) for face in faces])


def test_faces_are_those_of_the_short_range_graph(rows: list[list[RgbImage]]) -> None:
    images, detector = [image for row in rows for image in row], FaceDetector()
    seen = 0
    for image, expected in zip(images, of_graph(images, NEAR, 0.75), strict=True):
        if not expected:  # the full-range network is asked then
            continue
        found = detector.detect(image)
        assert [face.score for face in found] == pytest.approx([face.score for face in expected], abs=0.01)
        np.testing.assert_allclose(corners(found), corners(expected), rtol=0, atol=CLOSE_PX)
        seen += len(expected)
    assert seen >= len(images) / 2


def test_faces_far_away_are_those_of_the_full_range_graph(photos: list[list[RgbImage]]) -> None:
    """At an eighth of their size, where the short-range network sees none."""
    images = [moved(image, 0, 1 / 4, 60, 0) for row in photos for image in row]
    detector = FaceDetector()
    expected = list(of_graph(images, FAR, 0.6))
    assert sum(map(len, expected)) > len(images) / 2
    for image, faces in zip(images, expected, strict=True):
        found = detector.detect(image)
        assert len(found) == len(faces)
        if faces:
            np.testing.assert_allclose(corners(found), corners(faces), rtol=0, atol=CLOSE_PX)


def windows(row: list[RgbImage], box: Box) -> list[RgbImage]:
    """Twice the box from each picture, 256 px square."""
    side = 2 * max(box.width, box.height)
    scale = 256 / side
    shift = np.array([[scale, 0, 128 - box.centre[0] * scale], [0, scale, 128 - box.centre[1] * scale]])
    return [np.asarray(cv2.warpAffine(image, shift, (256, 256)), np.uint8) for image in row]


def test_landmarks_that_follow_are_those_of_the_graph_that_follows(rows: list[list[RgbImage]]) -> None:
    """From each picture to the next, with one start for both."""
    detector, middle, compared = FaceDetector(), Box(64, 64, 192, 192), 0
    mesh = mediapipe.solutions.face_mesh.FaceMesh(max_num_faces=1)
    with mesh as graph, LandmarkFinder() as finder:
        for row in rows:
            for before, after in pairwise(windows(row, detector.detect(row[0])[0].box)):
                graph.reset()
                finder.forget()
                started = graph.process(before).multi_face_landmarks
                first, expected = finder.find(before, middle), graph.process(after).multi_face_landmarks
                found = finder.find(after, middle)
                assert (first is None, found is None) == (not started, not expected)
                if found is not None:
                    points = [(point.x, point.y, point.z) for point in expected[0].landmark]
                    np.testing.assert_allclose(found, np.array(points) * 256, rtol=0, atol=CLOSE_PX)
                    compared += 1
    assert compared > sum(map(len, rows)) / 2
