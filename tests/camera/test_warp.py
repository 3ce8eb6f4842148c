"""Rendering: texture maps of triangles."""

import numpy as np
import pytest
from numpy.typing import NDArray

from camera.synthetic.person.sheet import NOWHERE, paint, texture_map

SQUARE = np.array([[0, 1, 2], [0, 2, 3]], np.intp)
CORNERS = np.array([[0, 0], [20, 0], [20, 10], [0, 10]], np.float32)


def placed(corners: NDArray[np.float32], distance: float = 1.0) -> NDArray[np.float32]:
    return np.column_stack([corners, np.full(len(corners), distance)]).astype(np.float32)


def test_a_texture_in_its_own_place_shows_itself() -> None:
    shown = texture_map(placed(CORNERS), CORNERS, SQUARE, (30, 20))
    ys, xs = np.mgrid[:11, :21]
    np.testing.assert_allclose(shown[:11, :21], np.stack([xs, ys], axis=-1), atol=1e-4)
    assert (shown[11:] == NOWHERE).all()
    assert (shown[:, 21:] == NOWHERE).all()


@pytest.mark.parametrize("seed", range(5))
def test_an_affine_placing_is_undone_everywhere_inside(seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = np.eye(2) + rng.uniform(-0.3, 0.3, (2, 2))
    points = CORNERS @ matrix.T + 15
    shown = texture_map(placed(points), CORNERS, SQUARE, (60, 50))
    rows, columns = np.nonzero(shown[:, :, 0] != NOWHERE)
    back = (np.column_stack([columns, rows]) - 15) @ np.linalg.inv(matrix).T
    np.testing.assert_allclose(shown[rows, columns], back, atol=1e-3)
    assert len(rows) == pytest.approx(200 * np.linalg.det(matrix), rel=0.15)


def test_the_nearer_triangle_hides_the_farther_whatever_their_order() -> None:
    points = np.concatenate([placed(CORNERS, 1.0), placed(CORNERS, 2.0)])
    texture = np.concatenate([CORNERS, CORNERS + 100]).astype(np.float32)
    for triangles in (np.concatenate([SQUARE, SQUARE + 4]), np.concatenate([SQUARE + 4, SQUARE])):
        shown = texture_map(points, texture, triangles, (30, 20))
        assert shown[5, 5] == pytest.approx([5, 5], abs=1e-4)


def test_what_lies_outside_the_picture_is_cut_off() -> None:
    far_left, half = placed(CORNERS - 100), placed(CORNERS - 10)
    assert (texture_map(far_left, CORNERS, SQUARE, (30, 20)) == NOWHERE).all()
    shown = texture_map(half, CORNERS, SQUARE, (30, 20))
    assert shown[0, 0] == pytest.approx([10, 10], abs=1e-4)
    assert shown[0, 10] == pytest.approx([20, 10], abs=1e-4)
    assert (shown[1:] == NOWHERE).all()


def test_triangles_without_an_area_do_no_harm() -> None:
    line = placed(np.array([[0, 5], [10, 5], [20, 5], [5, 5]], np.float32))
    shown = texture_map(line, CORNERS, SQUARE, (30, 20))
    assert np.isfinite(shown).all()
    assert (shown[[4, 6]] == NOWHERE).all()


def test_nowhere_is_transparent() -> None:
    texture = np.full((8, 8, 4), 200, np.uint8)
    assert not paint(texture, np.full((4, 4, 2), NOWHERE, np.float32)).any()
