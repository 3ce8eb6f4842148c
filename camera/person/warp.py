"""Textured triangles painted far to near: rows of all triangles at once into one map, then one remap."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.person.portrait import Floats

NOWHERE = -1e4
"""Map value of pixels that no triangle covers: outside any texture."""

_NO_SECOND_MAP = np.empty(0, np.float32)


def texture_map(points: Floats, texture: Floats, triangles: NDArray[np.intp], size: tuple[int, int]) -> Floats:
    """Which texture position each pixel of a (width, height) picture shows: (H, W, 2), `NOWHERE` where none.

    `points` (V, 3) are px, px and the distance; `texture` (V, 2) px; `triangles` (T, 3). Texture runs linearly within
    a triangle, which is right for the small triangles of a face.
    """
    width, height = size
    far_to_near = np.argsort(-points[triangles, 2].mean(axis=1), kind="stable")
    triangles = triangles[far_to_near]
    corners = points[triangles, :2].astype(np.float64)
    triangle, row, left, right = _spans(corners, width, height)
    count = right - left + 1
    slope, offset = _affine(corners, texture[triangles])
    first = np.cumsum(count) - count
    span = np.repeat(np.arange(len(count)), count)
    along = np.arange(len(span), dtype=np.int32) - first.astype(np.int32)[span]
    target = (row * width + left).astype(np.int32)[span] + along
    start = offset[triangle] + slope[triangle, :, 0] * left[:, None] + slope[triangle, :, 1] * row[:, None]
    step = slope[triangle, :, 0].astype(np.float32)
    shown = np.full((height * width, 2), NOWHERE, np.float32)
    # Where triangles overlap the last assignment stays: the nearest.
    shown[target] = start.astype(np.float32)[span] + step[span] * along[:, None].astype(np.float32)
    return shown.reshape(height, width, 2)


def paint(texture: NDArray[np.uint8], shown: Floats) -> NDArray[np.uint8]:
    """The texture (h, w, 4) seen through a map (H, W, 2): (H, W, 4), zero where the map leads nowhere."""
    return np.asarray(cv2.remap(texture, shown, _NO_SECOND_MAP, cv2.INTER_LINEAR), np.uint8)


def reduced(texture: NDArray[np.uint8], part: float) -> NDArray[np.uint8]:
    """The texture as it looks from further away, `part` of its size: painted small, the full one would flicker."""
    return np.asarray(cv2.resize(texture, None, fx=part, fy=part, interpolation=cv2.INTER_AREA), np.uint8)


def over(layer: NDArray[np.uint8], ground: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture with transparency (H, W, 4) laid over another (H, W, 3)."""
    alpha = cv2.cvtColor(layer[:, :, 3], cv2.COLOR_GRAY2BGR)
    front = cv2.multiply(layer[:, :, :3], alpha, scale=1 / 255)
    back = cv2.multiply(ground, 255 - alpha, scale=1 / 255)
    return np.asarray(cv2.add(front, back), np.uint8)


def _spans(corners: NDArray[np.float64], width: int, height: int) -> tuple[NDArray[np.intp], ...]:
    """The pixel runs of the triangles (T, 3, 2), in their order: triangle, row, first and last column of each."""
    top = np.clip(np.ceil(corners[:, :, 1].min(axis=1)), 0, height).astype(np.intp)
    bottom = np.clip(np.floor(corners[:, :, 1].max(axis=1)), -1, height - 1).astype(np.intp)
    rows = np.maximum(bottom - top + 1, 0)
    triangle = np.repeat(np.arange(len(corners)), rows)
    row = np.arange(len(triangle)) - np.repeat(np.cumsum(rows) - rows, rows) + top[triangle]
    a = corners[triangle]
    b = np.roll(a, -1, axis=1)
    rise = b[:, :, 1] - a[:, :, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        part = (row[:, None] - a[:, :, 1]) / rise
        x = a[:, :, 0] + part * (b[:, :, 0] - a[:, :, 0])
        crossed = (part >= 0) & (part <= 1)
    left = np.ceil(np.where(crossed, x, np.inf).min(axis=1) - 1e-3)
    right = np.floor(np.where(crossed, x, -np.inf).max(axis=1) + 1e-3)
    left, right = np.clip(left, 0, width), np.clip(right, -1, width - 1)
    inside = left <= right
    return triangle[inside], row[inside], left[inside].astype(np.intp), right[inside].astype(np.intp)


def _affine(corners: NDArray[np.float64], texture: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Texture position as slope (T, 2, 2) times picture position plus offset (T, 2)."""
    edges = corners[:, 1:] - corners[:, :1]
    area = edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0]
    area = np.where(np.abs(area) < 1e-6, np.inf, area)  # seen from its edge: one texture position will do
    inverse = np.stack(
        [
            np.stack([edges[:, 1, 1], -edges[:, 0, 1]], axis=-1),
            np.stack([-edges[:, 1, 0], edges[:, 0, 0]], axis=-1),
        ],
        axis=1,
    )
    inverse = inverse / area[:, None, None]
    texture_edges = (texture[:, 1:] - texture[:, :1]).astype(np.float64)
    slope = np.einsum("tij,tjk->tki", inverse, texture_edges)
    return slope, texture[:, 0] - np.einsum("tki,ti->tk", slope, corners[:, 0])
