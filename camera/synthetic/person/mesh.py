"""The mesh of a synthetic person: face, hair, ears and torso, and its rotation and projection into a picture.

Coordinates in space are in face widths: x to the image's right, y down, z away from the camera.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.synthetic.person.features import MOUTH_CORNERS, drops_of
from camera.synthetic.person.portrait import CHIN, FOREHEAD, LEFT_SIDE, RIGHT_SIDE, Floats, Portrait

PHOTO_DISTANCE = 7.0
"""Assumed distance of the photo's camera in face widths, about a metre."""

EAR_DEPTH = 0.62
"""Depth of ears and hair's outline behind the middle of the face, in face widths."""

RINGS = (1.0, 1.1, 1.25, 1.45, 1.7)
"""Sizes of the rings of vertices around the face, as multiples of its outline."""

FACE_POINTS = 468
"""Vertices of the face, those of FaceMesh. They come first."""


@dataclass(frozen=True, slots=True)
class HeadView:
    """The picture of a pinhole camera: focal length in px, size (width, height) in px."""

    focal_px: float
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class HeadPose:
    """The place and pose of the person at one instant. With `present` False the picture shows an empty wall.

    `face_px` is the apparent width of the face, `x` and `y` the position of its middle from the picture's middle, in
    px. Angles are as in `Truth`. `eyes_open` is 0 to 1, `smile` and `jaw` are small shifts in face widths, and `mouth`
    runs from 0 (as in the photo) to 1 (wide open).
    """

    present: bool = False
    face_px: float = 1.0
    x: float = 0.0
    y: float = 0.0
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    eyes_open: float = 1.0
    smile: float = 0.0
    jaw: float = 0.0
    mouth: float = 0.0


@dataclass(frozen=True, slots=True)
class Body:
    """The vertices, the 468 of the face first, and the triangles (T, 3) between them.

    `texture` (V, 2) are positions in the photo in px. `head` (V, 3) is the shape that turns, `rest` (V, 3) the one that
    does not. A vertex follows the head's turn by its `follows` (V, 1), 1 at the face and 0 at the torso, and the
    opening of the mouth by its `drops` (V, 1).
    """

    texture: Floats
    head: Floats
    rest: Floats
    follows: Floats
    drops: Floats
    triangles: NDArray[np.intp]


def rotation(yaw_deg: float, pitch_deg: float, roll_deg: float) -> Floats:
    """The (3, 3) matrix of `Truth`'s angles: roll * yaw * pitch."""
    yaw, pitch, roll = np.radians([yaw_deg, pitch_deg, roll_deg])
    about_y = [[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]]
    about_x = [[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]]
    about_z = [[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]]
    return np.asarray(np.array(about_z) @ np.array(about_y) @ np.array(about_x), np.float32)


def body_of(portrait: Portrait) -> Body:
    """Build the person from a portrait. The yaw and roll that the photo has are taken out of the head."""
    mesh, unit = portrait.mesh, portrait.face_px
    outline = _Outline(mesh)
    around = _around(portrait, outline)
    texture = np.concatenate([mesh[:, :2], around[:, :2]])
    points = np.concatenate([mesh, around])
    pivot = (mesh[RIGHT_SIDE] + mesh[LEFT_SIDE]) / 2
    depth = (points[:, 2:] - pivot[2]) / unit
    rest = np.concatenate(
        [(points[:, :2] - pivot[:2]) / unit * (PHOTO_DISTANCE + depth) / PHOTO_DISTANCE, depth], axis=1
    )
    across = rest[LEFT_SIDE] - rest[RIGHT_SIDE]
    own_yaw = np.degrees(np.arctan2(across[2], np.hypot(across[0], across[1])))
    own_roll = np.degrees(np.arctan2(across[1], across[0]))
    below_chin = (points[:, 1:2] - mesh[CHIN, 1]) / unit
    follows = 1 - _smoothstep(below_chin / 0.8)
    follows[: len(mesh)] = 1
    inside = (outline.times(mesh[:, :2]) < 0.96) & (mesh[:, 2] < outline.depth(mesh[:, :2]))
    used = np.concatenate([np.flatnonzero(inside), np.arange(FACE_POINTS, len(points))])
    triangles = _seen(used[_delaunay(texture[used])], texture, portrait.alpha)
    head = rest @ rotation(own_yaw, 0, own_roll)  # rows times R: the inverse rotation
    texture, head, rest, follows = (np.asarray(part, np.float32) for part in (texture, head, rest, follows))
    return Body(texture, head, rest, follows, drops_of(head), triangles)


def project(body: Body, pose: HeadPose, view: HeadView) -> Floats:
    """The vertices in the picture: (V, 3), x and y in px and the distance from the camera in face widths."""
    head = body.head.copy()
    mouth = body.head[list(MOUTH_CORNERS)]
    for corner, outwards in zip(mouth, (-1, 1), strict=True):
        head[:, :2] += _near(body.head, corner, 0.12) * np.array([outwards, -0.5], np.float32) * pose.smile
    head[:, 1:2] += _near(body.head, body.head[CHIN], 0.25) * pose.jaw + body.drops * pose.mouth
    turned = head @ rotation(pose.yaw_deg, pose.pitch_deg, pose.roll_deg).T
    placed = body.follows * turned + (1 - body.follows) * body.rest
    z = np.maximum(placed[:, 2:] + view.focal_px / pose.face_px, 0.2)
    middle = np.array([view.size[0] / 2 + pose.x, view.size[1] / 2 + pose.y], np.float32)
    return np.concatenate([placed[:, :2] * view.focal_px / z + middle, z], axis=1)


def _near(points: Floats, centre: Floats, reach: float) -> Floats:
    """(V, 1) weights that fall off with the distance from a point."""
    return np.asarray(np.exp(-((points - centre) ** 2).sum(axis=1, keepdims=True) / reach**2), np.float32)


def _smoothstep(x: Floats) -> Floats:
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


class _Outline:
    """The face's outline in the photo, as radius and depth by the angle around its middle.

    Towards the outline a face turns away from the camera: neighbours in the picture may lie far apart in depth.
    The depth is therefore smoothed, and the mesh's own points at the outline, or deeper than it, are not used.
    """

    def __init__(self, mesh: Floats) -> None:
        hull = mesh[cv2.convexHull(np.ascontiguousarray(mesh[:, :2]), returnPoints=False)[:, 0]]
        self.middle = (mesh[FOREHEAD, :2] + mesh[CHIN, :2]) / 2
        angle, radius = self.polar(hull[:, :2])
        self._steps = np.linspace(-np.pi, np.pi, 72, endpoint=False)
        self._radius = np.interp(self._steps, angle, radius, period=2 * np.pi)
        around = np.interp(self._steps, angle, hull[:, 2], period=2 * np.pi)
        self._depth = sum(np.roll(around, shift) for shift in range(-3, 4)) / 7

    def polar(self, points: Floats) -> tuple[Floats, Floats]:
        """Angle around the face's middle and distance from it, of points (N, 2)."""
        offset = points - self.middle
        return np.arctan2(offset[:, 1], offset[:, 0]), np.hypot(offset[:, 0], offset[:, 1])

    def times(self, points: Floats) -> Floats:
        """How far out points (N, 2) lie, as multiples of the outline: 1 on it."""
        angle, radius = self.polar(points)
        return np.asarray(radius / np.interp(angle, self._steps, self._radius, period=2 * np.pi), np.float32)

    def ring(self, times: float, count: int) -> Floats:
        """`count` points (count, 2) at `times` the outline."""
        angle = np.linspace(-np.pi, np.pi, count, endpoint=False)
        radius = times * np.interp(angle, self._steps, self._radius, period=2 * np.pi)
        return np.asarray(self.middle + radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1), np.float32)

    def depth(self, points: Floats) -> Floats:
        """The depth of the outline in the direction of points (N, 2)."""
        return np.asarray(np.interp(self.polar(points)[0], self._steps, self._depth, period=2 * np.pi), np.float32)


def _around(portrait: Portrait, outline: _Outline) -> Floats:
    """Vertices outside the face (N, 3): rings close to it and a lattice further out, receding to the depth of the
    ears."""
    unit = portrait.face_px
    height, width = portrait.alpha.shape[:2]
    lattice = np.stack(np.meshgrid(_spread(width, 0.35 * unit), _spread(height, 0.35 * unit)), axis=-1).reshape(-1, 2)
    rings = [outline.ring(times, 40) for times in RINGS]
    xy = np.concatenate([*rings, lattice[outline.times(lattice) > RINGS[-1] + 0.2]])
    xy = xy[((xy >= 0) & (xy <= (width - 1, height - 1))).all(axis=1)]
    edge = outline.depth(xy)
    back = _smoothstep((outline.times(xy) - 1) / 0.6)
    return np.asarray(np.column_stack([xy, edge + back * (EAR_DEPTH * unit - edge)]), np.float32)


def _spread(length: int, step: float) -> Floats:
    """Positions from the first to the last pixel, about a step apart."""
    return np.linspace(0, length - 1, max(2, round(length / step)), dtype=np.float32)


def _delaunay(points: Floats) -> NDArray[np.intp]:
    """Delaunay triangles (T, 3) over (N, 2) points."""
    low, high = np.floor(points.min(axis=0)) - 1, np.ceil(points.max(axis=0)) + 1
    plane = cv2.Subdiv2D((int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])))
    plane.insert(points.tolist())
    # The triangles come as coordinates, which are the inserted ones bit by bit.
    index = {tuple(point): i for i, point in enumerate(points.tolist())}
    corners = np.asarray(plane.getTriangleList()).reshape(-1, 3, 2).tolist()
    known = [[index[tuple(c)] for c in triangle] for triangle in corners if all(tuple(c) in index for c in triangle)]
    return np.array(known, np.intp)


def _seen(triangles: NDArray[np.intp], texture: Floats, alpha: Floats) -> NDArray[np.intp]:
    """The triangles that show any of the person. Invisible ones must not be painted over visible ones."""
    opaque = cv2.dilate(np.asarray(alpha[:, :, 0] > 0, np.uint8), np.ones((3, 3), np.uint8))
    labels = np.zeros(opaque.shape, np.int32)
    for number, corners in enumerate(texture[triangles], start=1):
        cv2.fillConvexPoly(labels, np.rint(corners).astype(np.int32), (number,))
    seen = np.isin(np.arange(len(triangles)) + 1, labels[opaque > 0])
    kept: NDArray[np.intp] = triangles[seen | (triangles < FACE_POINTS).any(axis=1)]
    return kept
