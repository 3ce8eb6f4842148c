"""Camera URLs, and the errors of wrong ones."""

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from camera import CameraUrlError, DriverMissing, SourceUnreadable, about, open_camera


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("walk.mp4", "SCHEME:PATH"),
        ("file:", "SCHEME:PATH"),
        (
            "ftp:walk.mp4",
            "'ftp' is not a camera; there are v4l2:, rtsp:, picamera:, file:, person:, attack:, queue: and lobby:",
        ),
        ("file:walk.mp4?lop=1", "file: has no option 'lop'; it has fps, loop, realtime"),
        ("file:walk.mp4?loop=yes", "loop='yes' is not 0 or 1"),
        ("file:walk.mp4?loop", "?name=value"),
        ("file:walk.mp4?loop=1&loop=0", "given twice"),
        ("file:walk.mp4?fps=0", "fps='0' is not a number from 0.1 to 240"),
        ("file:walk.mp4?fps=nan", "fps='nan' is not a number"),
        ("person:face.jpg?size=640", "size='640' is not WIDTHxHEIGHT"),
        ("person:face.jpg?yaw=91", "yaw='91' is not a number from -60 to 60"),
        ("person:face.jpg?blink=-1", "blink='-1' is not a whole number"),
        ("person:face.jpg?background=sea", "background='sea' is not wall or photo"),
        ("person:face.jpg", "needs a face mesh finder"),
        ("v4l2:/dev/video0?width=big", "width='big' is not a whole number from 64 to 4096"),
        ("v4l2:/dev/video0?size=640x480", "v4l2: has no option 'size'; it has fps, height, width"),
        ("picamera:front", "'front' is not the number of a camera"),
        ("rtsp:/camera", "rtsp://HOST/PATH"),
        ("rtsp://user:secret@camera:99999999/", "malformed"),
    ],
)
def test_a_wrong_url_is_an_error_that_says_what_is_allowed(url: str, says: str) -> None:
    with pytest.raises(CameraUrlError) as error:
        open_camera(url)
    assert says in str(error.value)
    assert "secret" not in str(error.value)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(SourceUnreadable, match=r"nowhere/walk\.mp4: there is no such file"):
        open_camera("file:nowhere/walk.mp4")


def test_the_pi_camera_says_what_to_install() -> None:
    if find_spec("picamera2"):
        pytest.skip("picamera2 is installed here")
    with pytest.raises(DriverMissing, match="apt install python3-picamera2"):
        open_camera("picamera:0")


@pytest.mark.parametrize("url", ["person:face.jpg", "attack:phone?source=face.jpg", "queue:some.txt", "lobby:some.txt"])
def test_a_synthetic_camera_says_what_to_install_where_there_is_no_lab(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "camera.synthetic.drivers", None)
    with pytest.raises(DriverMissing, match=r"belongs to the lab, .* run scripts/setup"):
        open_camera(url)


@pytest.mark.parametrize(
    ("url", "scheme", "source"),
    [
        ("v4l2:/dev/video0", "v4l2", "camera"),
        ("rtsp://admin:hunter2@host/stream?token=hunter2", "rtsp", "camera"),
        ("rtsps://host/stream", "rtsps", "camera"),
        ("picamera:0", "picamera", "camera"),
        ("file:walk.mp4", "file", "film"),
        ("file:folder-of-pictures", "file", "film"),
        ("person:face.jpg", "person", "synthetic"),
        ("attack:print?source=face.jpg", "attack", "synthetic"),
        ("queue:people.txt", "queue", "synthetic"),
        ("lobby:people.txt", "lobby", "synthetic"),
    ],
)
def test_a_url_tells_whether_it_names_a_camera(url: str, scheme: str, source: str, tmp_path: Path) -> None:
    found = about(url, v4l2=tmp_path)
    assert (found.scheme, found.source, found.model) == (scheme, source, None)
    assert "hunter2" not in repr(found)


def test_a_usb_camera_has_the_model_that_its_driver_names_also_by_a_name_that_stays(tmp_path: Path) -> None:
    kernel = tmp_path / "video4linux"
    kernel.joinpath("video2").mkdir(parents=True)
    kernel.joinpath("video2", "name").write_text("HD Pro Webcam C920\n")
    device, name = tmp_path / "video2", tmp_path / "usb-046d_HD_Pro_Webcam_C920-video-index0"
    device.touch()
    name.symlink_to(device)
    for path in (device, name):
        assert about(f"v4l2:{path}?width=640", v4l2=kernel).model == "HD Pro Webcam C920"
    device.unlink()
    assert about(f"v4l2:{tmp_path / 'video3'}", v4l2=kernel).model is None, "it is unplugged"


def test_a_device_that_names_itself_for_a_terminal_is_shown_as_text(tmp_path: Path) -> None:
    kernel = tmp_path / "video4linux"
    kernel.joinpath("video0").mkdir(parents=True)
    kernel.joinpath("video0", "name").write_text("\x1b[2J\x00C920\n\x07")
    (tmp_path / "video0").touch()
    assert about(f"v4l2:{tmp_path / 'video0'}", v4l2=kernel).model == "[2JC920"


def test_what_no_driver_has_has_no_description() -> None:
    with pytest.raises(CameraUrlError, match="'webcam' is not a camera; there are v4l2:"):
        about("webcam:0")
