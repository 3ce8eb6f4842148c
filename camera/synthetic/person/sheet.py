"""Rendering: textured triangles, painted from far to near, and a flat or bent sheet."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.frame import Image
from camera.synthetic.person.mesh import HeadPose, HeadView, rotation
from camera.synthetic.person.portrait import LEFT_SIDE, RIGHT_SIDE, Floats, face_width

NOWHERE = -1e4
"""Map value of pixels that no triangle covers. It lies outside any texture."""

_NO_SECOND_MAP = np.empty(0, np.float32)


def texture_map(points: Floats, texture: Floats, triangles: NDArray[np.intp], size: tuple[int, int]) -> Floats:
    """The texture position that each pixel of a (width, height) picture shows, (H, W, 2); `NOWHERE` where none.

    `points` (V, 3) are px, px and the distance, `texture` (V, 2) px, `triangles` (T, 3). The texture is interpolated
    linearly within a triangle, which is accurate enough for the small triangles of a face.
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
    """The picture (H, W, 4) of a texture (h, w, 4) through a map (H, W, 2), zero where the map is `NOWHERE`."""
    return np.asarray(cv2.remap(texture, shown, _NO_SECOND_MAP, cv2.INTER_LINEAR), np.uint8)


def reduced(texture: NDArray[np.uint8], part: float) -> NDArray[np.uint8]:
    """The texture at `part` of its size, for a face that is drawn small. At full size it would flicker (aliasing)."""
    return np.asarray(cv2.resize(texture, None, fx=part, fy=part, interpolation=cv2.INTER_AREA), np.uint8)


def over(layer: NDArray[np.uint8], ground: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture (H, W, 3) of a layer with transparency (H, W, 4) over another picture."""
    alpha = cv2.cvtColor(layer[:, :, 3], cv2.COLOR_GRAY2BGR)
    front = cv2.multiply(layer[:, :, :3], alpha, scale=1 / 255)
    back = cv2.multiply(ground, 255 - alpha, scale=1 / 255)
    return np.asarray(cv2.add(front, back), np.uint8)


def _spans(corners: NDArray[np.float64], width: int, height: int) -> tuple[NDArray[np.intp], ...]:
    """The pixel runs of triangles (T, 3, 2), in their order: arrays of triangle, row, first and last column."""
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
    """Slope (T, 2, 2) and offset (T, 2) of the texture position as a linear function of the picture position."""
    edges = corners[:, 1:] - corners[:, :1]
    area = edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0]
    area = np.where(np.abs(area) < 1e-6, np.inf, area)  # a triangle seen from its edge shows one texture position
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


FLATTEST = 1e-6
"""Curvature below which a sheet is treated as flat."""


@dataclass(frozen=True, slots=True)
class Bend:
    """How a sheet is bent around a cylinder.

    `curvature` is one over the radius in face widths; above 0 the middle of the sheet comes forward. `across_deg` is
    the direction in the sheet along which it bends: 0 around a vertical axis, 90 around a horizontal one.
    """

    curvature: float = 0.0
    across_deg: float = 0.0


FLAT = Bend()


class PaintedSheet:
    """A sheet that shows a texture (H, W, 4) with a face mesh (468, >= 2) in its px; the face's middle is the origin.

    `unit` is the face's width in texture px, the unit of space; by default as the mesh has it.
    """

    def __init__(self, texture: Image, mesh: Floats, unit: float | None = None) -> None:
        self.texture = texture
        self.unit = face_width(mesh) if unit is None else unit
        self.mesh = np.asarray(mesh[:, :2], np.float32)
        self.middle = (self.mesh[RIGHT_SIDE] + self.mesh[LEFT_SIDE]) / 2

    def draw(self, pose: HeadPose, bend: Bend, view: HeadView) -> tuple[Image, Floats]:
        """The sheet in an empty picture (H, W, 4), and where each pixel looks in the texture (H, W, 2)."""
        shown = self.shown(pose, bend, view)
        part = pose.face_px / self.unit
        if part < 0.8:
            return paint(reduced(self.texture, part), shown * np.float32(part)), shown
        return paint(self.texture, shown), shown

    def points(self, texture: Floats, pose: HeadPose, bend: Bend, view: HeadView) -> Floats:
        """Where positions of the texture (N, 2) lie in the picture, (N, 2) px."""
        flat = (np.asarray(texture, np.float64) - self.middle) / self.unit
        across, along = _directions(bend)
        s, y = flat @ across, flat @ along
        k = bend.curvature
        x, z = (s, np.zeros_like(s)) if abs(k) < FLATTEST else (np.sin(k * s) / k, (1 - np.cos(k * s)) / k)
        space = np.stack([x, y, z], axis=1) @ _frame(pose, bend).T
        far = np.maximum(space[:, 2:] + view.focal_px / pose.face_px, 0.2)
        return np.asarray(space[:, :2] * view.focal_px / far + _centre(pose, view), np.float32)

    def shown(self, pose: HeadPose, bend: Bend, view: HeadView) -> Floats:
        """Which texture position each pixel shows, (H, W, 2); `NOWHERE` beside the sheet."""
        width, height = view.size
        shown = np.full((height, width, 2), NOWHERE, np.float32)
        edge = self.points(self._border(), pose, bend, view)
        (x0, y0), (x1, y1) = np.floor(edge.min(axis=0)).astype(int), np.ceil(edge.max(axis=0)).astype(int) + 1
        columns, rows = np.arange(max(x0, 0), min(x1, width)), np.arange(max(y0, 0), min(y1, height))
        if columns.size and rows.size:
            shown[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = self._cut(columns, rows, pose, bend, view)
        return shown

    def _cut(
        self, columns: NDArray[np.intp], rows: NDArray[np.intp], pose: HeadPose, bend: Bend, view: HeadView
    ) -> Floats:
        """Where the rays of these pixels meet the sheet, in texture px (rows, columns, 2).

        With the ray o + t d in the sheet's frame and the cylinder k (x^2 + z^2) = 2 z, t is the root that stays finite
        as k goes to 0, where the cylinder is a plane.
        """
        to_sheet = _frame(pose, bend).T
        u, v = ((n - c) / view.focal_px for n, c in zip((columns, rows), _centre(pose, view), strict=True))
        dx, dy, dz = (np.float32(m[0] * u[None, :] + m[1] * v[:, None] + m[2]) for m in to_sheet)
        ox, oy, oz = (np.float32(-view.focal_px / pose.face_px * m[2]) for m in to_sheet)
        k = np.float32(bend.curvature)
        half_b = k * (ox * dx + oz * dz) - dz
        c = k * (ox * ox + oz * oz) - 2 * oz
        root = half_b * half_b - k * (dx * dx + dz * dz) * c
        t = c / (np.sqrt(np.maximum(root, 0)) - half_b)
        s, y = ox + t * dx, oy + t * dy
        if abs(k) >= FLATTEST:
            s = np.arctan2(k * s, 1 - k * (oz + t * dz)) / k
        across, along = (np.float32(self.unit) * np.asarray(d, np.float32) for d in _directions(bend))
        texture = np.stack([s * across[i] + y * along[i] + self.middle[i] for i in (0, 1)], axis=-1)
        texture[root < 0] = NOWHERE
        return np.asarray(texture, np.float32)

    def _border(self) -> Floats:
        """Points along the texture's edge (N, 2)."""
        height, width = self.texture.shape[:2]
        x, y = np.linspace(0, width, 9), np.linspace(0, height, 9)
        sides = [(x, 0 * x), (x, 0 * x + height), (0 * y, y), (0 * y + width, y)]
        return np.asarray(np.concatenate([np.column_stack(side) for side in sides]), np.float32)


def _directions(bend: Bend) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Unit vectors in the sheet: along which it bends, and along the cylinder's axis."""
    angle = np.radians(bend.across_deg)
    return np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])


def _frame(pose: HeadPose, bend: Bend) -> NDArray[np.float64]:
    """(3, 3): the sheet's bending direction, axis and depth as the camera sees them, in columns."""
    across, along = _directions(bend)
    basis = np.array([[across[0], along[0], 0], [across[1], along[1], 0], [0, 0, 1]])
    return np.asarray(rotation(pose.yaw_deg, pose.pitch_deg, pose.roll_deg) @ basis, np.float64)


def _centre(pose: HeadPose, view: HeadView) -> NDArray[np.float64]:
    return np.array([view.size[0] / 2 + pose.x, view.size[1] / 2 + pose.y])


def opaque(picture: Image) -> Image:
    """A picture (H, W, 3) as a texture (H, W, 4)."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2BGRA), np.uint8)
