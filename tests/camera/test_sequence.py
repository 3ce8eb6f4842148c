"""Several cameras one after another."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from camera import Answering, CameraUrlError, Frame, MeshOf, SourceUnreadable, open_camera
from camera.frame import Closing
from camera.synthetic.lobby import CameraQueue


@pytest.fixture
def queue(tmp_path: Path) -> Path:
    for name, level in (("a", 10), ("b", 20)):
        folder = tmp_path / name
        folder.mkdir()
        for number in range(3):
            assert cv2.imwrite(str(folder / f"{number}.png"), np.full((48, 64, 3), level, np.uint8))
    path = tmp_path / "queue.txt"
    path.write_text(f"# two sources\nfile:{tmp_path}/a?fps=10\n\nfile:{tmp_path}/b?fps=10\n")
    return path


def test_one_source_plays_after_another_on_one_timeline(queue: Path) -> None:
    with open_camera(f"queue:{queue}") as camera:
        frames = list(iter(camera.read, None))
    assert [int(frame.image[0, 0, 0]) for frame in frames if frame] == [10, 10, 10, 20, 20, 20]
    assert [frame.index for frame in frames if frame] == list(range(6))
    assert [round(frame.at_s, 3) for frame in frames if frame] == [0, 0.1, 0.2, 0.3, 0.4, 0.5]


@pytest.mark.parametrize("text", ["", "v4l2:/dev/video0\n"])
def test_a_queue_of_nothing_or_of_live_cameras_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "queue.txt"
    path.write_text(text)
    with pytest.raises(CameraUrlError, match="queue"):
        open_camera(f"queue:{path}")


def test_sources_in_and_out_of_real_time_do_not_mix(queue: Path) -> None:
    queue.write_text(f"file:{queue.parent}/a\nfile:{queue.parent}/b?realtime=1\n")
    with pytest.raises(CameraUrlError, match="realtime=1"):
        open_camera(f"queue:{queue}")


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="nowhere"):
        open_camera(f"queue:{tmp_path}/nowhere.txt")


def test_who_is_asked_is_the_one_whose_turn_it_is_and_begins_no_sooner_than_now(
    tmp_path: Path, photo: Path, mesh_of: MeshOf
) -> None:
    """In real time, by a clock far from 0: each person gets their own request, in the time of their film."""
    urls = [f"person:{photo}?seconds=6&fps=10&blink=0&seed={seed}&realtime=1" for seed in (1, 2)]
    (tmp_path / "queue.txt").write_text("\n".join(urls))
    now_s = [1000.0]
    camera = open_camera(f"queue:{tmp_path}/queue.txt", mesh_of=mesh_of, clock=lambda: now_s[0])
    assert isinstance(camera, Answering)
    yaws: list[float] = []
    with camera:
        while (frame := camera.read()) is not None:
            assert frame.truth
            yaws.append(frame.truth.yaw_deg)
            now_s[0] = frame.at_s + 0.1
            if frame.index in (15, 75):
                now_s[0] += 0.3  # the analysis of a frame takes a little time
                camera.obey("turn_left" if frame.index == 15 else "turn_right", frame.at_s)
    assert len(yaws) == 120
    to_left, to_right = yaws[15:40], [-yaw for yaw in yaws[75:100]]
    assert min(to_left) > -4
    assert min(to_right) > -4
    assert min(max(to_left), max(to_right)) > 20
    for asked in (15, 75):
        assert all(abs(yaw) < 4 for yaw in yaws[asked : asked + 7]), "nobody answers before they have heard it"


def test_closed_while_it_waits_for_a_frame_it_ends() -> None:
    class Waiting(Closing):
        realtime = True

        def read(self) -> Frame | None:
            queue.close()  # type: ignore[attr-defined]  # as the daemon does from its main thread when it stops
            return None

        def close(self) -> None:
            pass

    queue = CameraQueue([Waiting(), Waiting()])
    assert queue.read() is None
