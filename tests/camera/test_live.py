"""Live cameras: opening V4L2 and RTSP, and their errors."""

import socket
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera import CameraTimeout, open_camera
from camera.live import RTSP_OPEN_MS, RTSP_READ_MS, OpenedCapture, rtsp_name
from camera.reopen import DEADLINE_S

ROOT = Path(__file__).resolve().parents[2]


class Leap:
    """A clock that advances by two seconds at every call."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 2.0
        return self.now_s


def test_a_missing_usb_camera_is_lost_with_its_name() -> None:
    with (
        open_camera("v4l2:/dev/v4l/by-id/nothing-here", clock=Leap()) as camera,
        pytest.raises(CameraTimeout, match="nothing-here is not there: check its plug"),
    ):
        assert camera.realtime
        camera.read()


def test_a_file_that_is_no_camera_is_lost() -> None:
    with (
        open_camera("v4l2:/dev/null", clock=Leap()) as camera,
        pytest.raises(CameraTimeout, match="/dev/null cannot be opened"),
    ):
        camera.read()


def test_an_rtsp_camera_that_refuses_is_lost_without_a_word_of_its_password() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"rtsp://admin:hunter2@127.0.0.1:{unused.getsockname()[1]}/stream?token=hunter2"
        program = (
            "import itertools, sys\n"
            "from camera import CameraTimeout, open_camera\n"
            "ticks = itertools.count(0, 2)\n"
            "try:\n"
            "    open_camera(sys.argv[1], clock=lambda: next(ticks)).read()\n"
            "except CameraTimeout as error:\n"
            "    print(error)\n"
        )
        ran = subprocess.run(
            [sys.executable, "-c", program, url], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
        )
    assert "rtsp://127.0.0.1:" in ran.stdout
    assert "/stream does not answer or refuses" in ran.stdout
    assert "hunter2" not in ran.stdout + ran.stderr
    assert "admin" not in ran.stdout + ran.stderr


def test_an_rtsp_camera_that_accepts_and_is_silent_does_not_hold_the_reader() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        open_camera(f"rtsp://127.0.0.1:{silent.getsockname()[1]}/", clock=Leap()) as camera,
        pytest.raises(CameraTimeout),
    ):
        camera.read()
    assert RTSP_READ_MS < RTSP_OPEN_MS < DEADLINE_S * 1000


def test_an_opened_device_gives_pictures_until_it_has_none(tmp_path: Path) -> None:
    path = str(tmp_path / "two.avi")
    writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (64, 48))
    for level in (50, 100):
        writer.write(np.full((48, 64, 3), level, np.uint8))
    writer.release()
    device = OpenedCapture(cv2.VideoCapture(path, cv2.CAP_FFMPEG))
    first, second, after = device.read(), device.read(), device.read()
    device.close()
    assert first is not None
    assert second is not None
    assert [first.mean(), second.mean()] == pytest.approx([50, 100], abs=3)
    assert after is None


def test_names_keep_host_port_and_path_only() -> None:
    assert rtsp_name("rtsp://u:p@cam.local:8554/live/1?x=y#z") == "rtsp://cam.local:8554/live/1"
