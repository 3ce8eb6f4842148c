"""The walk-up script of the synthetic person, and the rotation of the head."""

import numpy as np
import pytest

from camera.synthetic.person.mesh import rotation
from camera.synthetic.person.script import Walk


def test_the_walk_is_empty_then_near_then_empty() -> None:
    walk = Walk()
    times = np.arange(0, walk.seconds, 1 / 30)
    poses = [walk.pose(t) for t in times]
    present = [pose.present for pose in poses]
    assert not any(present[:15])
    assert not any(present[-9:])
    assert all(present[16:-10])
    standing = [pose for t, pose in zip(times, poses, strict=True) if 1.5 <= t < 4.5]
    assert all(abs(pose.x) < 10 and pose.face_px == pytest.approx(150, rel=0.02) for pose in standing)
    assert max(abs(pose.yaw_deg) for pose in standing) <= 2
    coming = [pose.face_px for t, pose in zip(times, poses, strict=True) if 0.6 <= t < 1.4]
    assert coming == sorted(coming)


def test_a_turn_goes_left_first_and_then_as_far_right() -> None:
    yaws = [Walk(yaw_deg=25).pose(t).yaw_deg for t in np.arange(1.5, 4.5, 1 / 30)]
    assert max(yaws) == pytest.approx(25, abs=2)
    assert min(yaws) == pytest.approx(-25, abs=2)
    assert int(np.argmax(yaws)) < int(np.argmin(yaws))


@pytest.mark.parametrize("blinks", [0, 1, 3])
def test_blinks_are_counted(blinks: int) -> None:
    closed = np.array([Walk(blinks=blinks).pose(t).eyes_open < 0.5 for t in np.arange(0, 5.5, 1 / 100)])
    assert int((np.diff(closed.astype(int)) == 1).sum()) == blinks


def test_seeds_differ_and_repeat() -> None:
    assert Walk(seed=1).pose(2.0) == Walk(seed=1).pose(2.0)
    assert Walk(seed=1).pose(2.0) != Walk(seed=2).pose(2.0)


@pytest.mark.parametrize(
    ("angles", "point", "goes"),
    [
        ((90, 0, 0), (0, 0, -1), (1, 0, 0)),  # turned left: the nose points to the image's right
        ((0, 90, 0), (0, 0, -1), (0, -1, 0)),  # looking up: the nose points up
        ((0, 0, 90), (0, -1, 0), (1, 0, 0)),  # tilted to the left shoulder: the crown is at the image's right
    ],
)
def test_the_signs_of_the_angles(
    angles: tuple[float, float, float], point: tuple[float, float, float], goes: tuple[float, float, float]
) -> None:
    assert rotation(*angles) @ np.array(point) == pytest.approx(goes, abs=1e-6)
