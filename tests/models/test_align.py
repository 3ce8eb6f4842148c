"""Faces are brought to the pose, place and size that an embedder was trained on."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.align import ALIGNMENTS, chip, similarity
from models.errors import ModelError

DLIB = ALIGNMENTS["dlib"]
# Points farther apart than the rounding error, so that they have a direction.
SPREAD = np.array([(0.0, 0.0), (40.0, 3.0), (21.0, 25.0)])


@given(
    scale=st.floats(0.05, 20),
    turn_deg=st.floats(-180, 180),
    shift=st.tuples(st.floats(-500, 500), st.floats(-500, 500)),
    points=st.lists(st.tuples(st.floats(-200, 200), st.floats(-200, 200)), max_size=5),
)
def test_a_known_transform_is_recovered(
    scale: float, turn_deg: float, shift: tuple[float, float], points: list[tuple[float, float]]
) -> None:
    source = np.array([*SPREAD, *points])
    turn = np.radians(turn_deg)
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    found = similarity(source, source @ linear.T + shift)
    assert found == pytest.approx(np.column_stack([linear, shift]), abs=1e-6 * max(1, scale))


def test_points_on_one_spot_cannot_be_aligned() -> None:
    with pytest.raises(ModelError, match="one spot"):
        similarity(np.ones((5, 2)), DLIB.targets)


@pytest.mark.parametrize("turn_deg", [-30, 0, 20])
def test_a_chip_has_the_landmarks_where_they_belong(turn_deg: float) -> None:
    """Dots painted at the landmarks must lie on the targets in the chip."""
    turn = np.radians(turn_deg)
    linear = 1.4 * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    points = np.zeros((468, 3), np.float32)
    points[list(DLIB.landmarks), :2] = DLIB.targets @ linear.T + (200, 120)
    image = np.zeros((480, 640, 3), np.uint8)
    for x, y in points[list(DLIB.landmarks), :2]:
        cv2.circle(image, (round(float(x)), round(float(y))), 4, (255, 255, 255), -1)
    aligned = chip(image, points, DLIB)
    assert aligned.shape == (150, 150, 3)
    count, _, _, centres = cv2.connectedComponentsWithStats(np.asarray(aligned[:, :, 0] > 127, np.uint8))
    assert count == 1 + len(DLIB.targets)
    for target in DLIB.targets:
        assert np.linalg.norm(centres[1:] - target, axis=1).min() < 1
