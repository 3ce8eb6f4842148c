"""Recorded sources: photos, videos, folders, and their playback in real time."""

import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera import Camera, Frame, Image, SourceUnreadable, open_camera


def picture(level: int) -> Image:
    return np.full((48, 64, 3), level, np.uint8)


def frames(camera: Camera, most: int = 100) -> list[Frame]:
    with camera:
        taken = [frame for _, frame in zip(range(most), iter(camera.read, None), strict=False)]
    return [frame for frame in taken if frame is not None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for level in (30, 10, 20):
        assert cv2.imwrite(str(tmp_path / f"{level}.png"), picture(level))
    (tmp_path / "notes.txt").write_text("not a picture")
    return tmp_path


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "walk.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (64, 48))
    for level in (0, 50, 100, 150):
        writer.write(picture(level))
    writer.release()
    return path


def test_a_folder_plays_its_images_by_name(folder: Path) -> None:
    taken = frames(open_camera(f"file:{folder}?fps=4"))
    assert [int(frame.image[0, 0, 0]) for frame in taken] == [10, 20, 30]
    assert [frame.at_s for frame in taken] == [0, 0.25, 0.5]
    assert [frame.index for frame in taken] == [0, 1, 2]
    assert all(frame.truth is None for frame in taken)


def test_one_image_is_one_frame_and_repeats_when_asked(folder: Path) -> None:
    assert len(frames(open_camera(f"file:{folder}/10.png"))) == 1
    repeated = frames(open_camera(f"file:{folder}/10.png?loop=1&fps=10"), most=5)
    assert [frame.at_s for frame in repeated] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])


def test_a_video_keeps_its_own_rate_and_counts_on_through_repeats(video: Path) -> None:
    once = frames(open_camera(f"file:{video}"))
    assert [int(frame.image.mean()) for frame in once] == pytest.approx([0, 50, 100, 150], abs=4)
    assert [frame.at_s for frame in once] == pytest.approx([0, 0.1, 0.2, 0.3])
    twice = frames(open_camera(f"file:{video}?loop=1"), most=8)
    assert [frame.index for frame in twice] == list(range(8))
    assert twice[5].at_s == pytest.approx(0.5)
    assert int(twice[5].image.mean()) == pytest.approx(50, abs=4)


def test_paths_may_be_relative_and_hold_a_question_mark(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "10.png").rename(folder / "who?.png")
    assert len(frames(open_camera("file:who%3F.png"))) == 1


def test_a_closed_camera_gives_nothing(video: Path) -> None:
    camera = open_camera(f"file:{video}?loop=1")
    assert camera.read() is not None
    camera.close()
    camera.close()
    assert camera.read() is None


@pytest.mark.parametrize("name", ["walk.mp4", "face.jpg", "face.gif"])
@pytest.mark.parametrize("content", [b"", b"hello, this is no picture"])
def test_a_damaged_file_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with open_camera(f"file:{tmp_path / name}") as camera, pytest.raises(SourceUnreadable, match=name):
        camera.read()


def test_an_image_that_claims_more_pixels_than_can_be_held_is_named(tmp_path: Path) -> None:
    assert cv2.imwrite(str(tmp_path / "bomb.png"), picture(0))
    png = bytearray((tmp_path / "bomb.png").read_bytes())
    png[16:24] = (60_000).to_bytes(4, "big") * 2
    png[29:33] = zlib.crc32(png[12:29]).to_bytes(4, "big")
    (tmp_path / "bomb.png").write_bytes(png)
    with open_camera(f"file:{tmp_path}") as camera, pytest.raises(SourceUnreadable, match=r"bomb\.png: is too large"):
        camera.read()


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="holds no image"):
        open_camera(f"file:{tmp_path}")


def test_real_time_frames_come_at_their_pace_on_the_given_clock(folder: Path) -> None:
    now_s = iter([100.0, 100.05, 100.7])
    with open_camera(f"file:{folder}?realtime=1&fps=10", clock=lambda: next(now_s)) as camera:
        assert camera.realtime
        first, on_time, late = camera.read(), camera.read(), camera.read()
    assert first is not None
    assert on_time is not None
    assert late is not None
    assert [first.at_s, on_time.at_s] == pytest.approx([100.0, 100.1])
    assert late.at_s == pytest.approx(100.7)  # a slow reader gets frames that are fresh, not ones that look old
