"""Raspberry Pi cameras, with a fake of picamera2."""

import sys
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from camera import CameraTimeout, Metering, open_camera

PICTURE = np.full((480, 640, 3), 7, np.uint8)


class Pi:
    """A Raspberry Pi whose camera is busy at first, then gives one picture each time it is opened."""

    def __init__(self) -> None:
        self.busy = True
        self.made: list[FakePicamera2] = []

    def picamera2(self, number: int) -> "FakePicamera2":
        assert number == 1
        if self.busy:
            self.busy = False
            raise RuntimeError("Camera __init__ sequence did not complete.")
        self.made.append(FakePicamera2())
        return self.made[-1]


class FakePicamera2:
    """A fake of `picamera2.Picamera2` that accepts its calls only in the order that the real class allows."""

    def __init__(self) -> None:
        self.config: dict[str, Any] = {}
        self.set: dict[str, float] = {}
        self.state = "open"
        self.pictures = iter([PICTURE])

    def create_video_configuration(self, **config: object) -> dict[str, Any]:
        return config

    def configure(self, config: dict[str, Any]) -> None:
        self.config = config

    camera_controls: ClassVar = {
        "ExposureValue": (-8.0, 8.0, 0.0),
        "AeFlickerMode": (0, 1, 0),
        "AnalogueGain": (1.0, 16.0, 1.0),
    }

    def set_controls(self, controls: dict[str, float]) -> None:
        assert self.state == "started"
        assert controls.keys() <= {"ExposureValue", "AeFlickerMode", "AeFlickerPeriod"}
        self.set |= controls

    def start(self) -> None:
        assert self.config
        self.state = "started"

    def capture_array(self, name: str, *, wait: bool) -> str:
        assert (name, wait, self.state) == ("main", False, "started")
        return "job"

    def wait(self, job: str, timeout: float) -> NDArray[np.uint8]:
        assert job == "job"
        assert timeout < 5
        picture = next(self.pictures, None)
        if picture is None:
            raise TimeoutError
        return picture

    def stop(self) -> None:
        self.state = "stopped"

    def close(self) -> None:
        assert self.state == "stopped"
        self.state = "closed"


def test_a_busy_pi_camera_is_tried_again_and_a_stuck_one_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    pi = Pi()
    monkeypatch.setitem(sys.modules, "picamera2", SimpleNamespace(Picamera2=pi.picamera2))
    now_s = iter(np.arange(0, 1000, 0.5))
    with open_camera("picamera:1?fps=15", clock=lambda: float(next(now_s))) as camera:
        first, second = camera.read(), camera.read()
    assert first is not None
    assert second is not None
    assert (first.image == PICTURE).all()
    assert [made.state for made in pi.made] == ["closed", "closed"]
    assert pi.made[0].config == {"main": {"size": (640, 480), "format": "RGB888"}, "controls": {"FrameRate": 15}}


def test_a_pi_without_its_camera_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_there(number: int) -> FakePicamera2:
        raise IndexError(f"no camera {number}")

    monkeypatch.setitem(sys.modules, "picamera2", SimpleNamespace(Picamera2=none_there))
    now_s = iter(np.arange(0, 1000, 2.0))
    with (
        open_camera("picamera:0", clock=lambda: float(next(now_s))) as camera,
        pytest.raises(CameraTimeout, match="Pi camera 0 cannot be opened"),
    ):
        camera.read()


def test_a_pi_camera_is_compensated_for_the_face_and_avoids_lamps_on_50_hz(monkeypatch: pytest.MonkeyPatch) -> None:
    pi = Pi()
    pi.busy = False
    monkeypatch.setitem(sys.modules, "picamera2", SimpleNamespace(Picamera2=pi.picamera2))
    now_s = iter(np.arange(0, 1000, 0.5))
    with open_camera("picamera:1", follow_face=True, clock=lambda: float(next(now_s))) as camera:
        assert isinstance(camera, Metering)
        camera.read()
        (made,) = pi.made
        made.pictures = iter([PICTURE] * 3)
        assert made.set == {"AeFlickerMode": 1, "AeFlickerPeriod": 10_000}
        for at_s in (1.0, 2.0):
            camera.meter(30.0, at_s)
            camera.read()
        assert made.set["ExposureValue"] == pytest.approx(0.2)
    assert made.set["ExposureValue"] == 0
    assert made.set["AeFlickerMode"] == 0
    assert made.state == "closed"
