"""What a camera is told of the light on the face, and when it is not."""

from types import SimpleNamespace
from typing import cast

import pytest

from camera import Camera, Frame
from camera.frame import Closing
from kiosk.recognition.observation import Observation
from kiosk.recognition.pipeline import FrameAnalysis
from kiosk.recognition.recognition import CameraRelay, Recognition
from models.face import Box

HERE = Box(200, 100, 360, 300)


class Metered(Closing):
    """A camera that keeps what it is told."""

    realtime = True

    def __init__(self) -> None:
        self.told: list[tuple[float | None, float]] = []

    def read(self) -> Frame | None:
        return None

    def meter(self, brightness: float | None, at_s: float) -> None:
        self.told.append((brightness, at_s))

    def close(self) -> None:
        pass


def recognition(doing: str, analysis: FrameAnalysis | None) -> Recognition:
    return cast(Recognition, SimpleNamespace(doing=doing, analysis=analysis))


FACE = FrameAnalysis(Observation(3.0, HERE), brightness=40.0)
TURNED = FrameAnalysis(Observation(3.0, HERE))
NOBODY = FrameAnalysis(Observation(3.0))


@pytest.mark.parametrize(
    ("doing", "analysis", "told"),
    [
        ("gathering", FACE, [(40.0, 3.0)]),
        ("decided", FACE, [(40.0, 3.0)]),
        ("proving", FACE, []),  # liveness goes by changes of light
        ("gathering", TURNED, []),  # a face is there, and nobody knows how bright it is
        ("nobody", NOBODY, [(None, 3.0)]),
        ("nobody", None, []),
    ],
)
def test_what_a_camera_is_told(
    doing: str, analysis: FrameAnalysis | None, told: list[tuple[float | None, float]]
) -> None:
    camera = Metered()
    CameraRelay(camera).meter(recognition(doing, analysis))
    assert camera.told == told


def test_a_camera_that_cannot_follow_is_told_nothing() -> None:
    CameraRelay(cast(Camera, object())).meter(recognition("gathering", FACE))
