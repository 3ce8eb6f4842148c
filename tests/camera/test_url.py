from importlib.util import find_spec

import pytest

from camera import CameraUrlError, DriverMissing, SourceUnreadable, open_camera


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
