"""Computed tracks of a face: a head in space before a room, and the same with one fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.gallery import unit
from models.liveness.track import DETAIL_PX, LivenessSample

FPS = 30
LOWER_LIP = [14, 17, 84, 87, 178, 181, 314, 317, 402, 405, 16, 15, 85, 86, 315, 316, 152, 199, 200, 175]
UPPER_LIDS = [157, 158, 159, 160, 161, 384, 385, 386, 387, 388]
LOWER_LIDS = [144, 145, 153, 154, 163, 373, 374, 380, 381, 390]
WIDTH_PX = 80.0


@dataclass(frozen=True, slots=True)
class Pose:
    """The pose of a head: yaw in degrees, lids from 1 (open) to 0, jaw and shift `x` in face widths, relative size."""

    yaw_deg: float = 0.0
    x: float = 0.0
    lids: float = 1.0
    jaw: float = 0.0
    size: float = 1.0


@dataclass(slots=True)
class Head:
    """Makes tracks of a face (468, 3), which is upright, in face widths around 0.

    A `flat` face is a print. A `carried` face takes its room along. `stripes` is the depth of a grating on the face in
    grey levels, of `cycles` a pixel.
    """

    face: NDArray[np.float64]
    flat: bool = False
    carried: bool = False
    stripes: float = 0.0
    cycles: float = 0.17
    seed: int = 0

    def film(self, poses: Sequence[Pose], start_s: float = 0.0) -> list[LivenessSample]:
        """The track with one frame for each pose."""
        random = np.random.default_rng(self.seed)
        room = cv2.GaussianBlur(random.normal(128, 200, (300, 400)), (0, 0), 4)
        person = unit(random.normal(size=128).astype(np.float32))
        track = []
        for index, pose in enumerate(poses):
            points = self._points(pose, random)
            shift = WIDTH_PX * pose.x if self.carried else 0.0
            scene = cv2.warpAffine(room, np.array([[1, 0, shift - 40], [0, 1, -30.0]]), (320, 240))
            cv2.circle(scene, points[:, :2].mean(axis=0).astype(int).tolist(), 47, (110.0,), -1)
            scene = np.clip(scene + random.normal(0, 1.5, scene.shape), 0, 255).astype(np.uint8)
            probe = unit(person + random.normal(0, 0.01, 128).astype(np.float32)) if index % 5 == 0 else None
            at_s = start_s + index / FPS
            track.append(
                LivenessSample(at_s, points, np.asarray(scene, np.uint8), 1.0, self._detail(random, pose), probe)
            )
        return track

    def _points(self, pose: Pose, random: np.random.Generator) -> NDArray[np.float32]:
        shape = self.face.copy()
        shape[LOWER_LIP, 1] += pose.jaw
        shape[UPPER_LIDS, 1] += (1 - pose.lids) * (shape[LOWER_LIDS, 1].mean() - shape[UPPER_LIDS, 1].mean())
        yaw = np.radians(pose.yaw_deg)
        x, z = shape[:, 0], shape[:, 2]
        depth = 0.35 * z if self.flat else z
        turned = np.cos(yaw) * x if self.flat else np.cos(yaw) * x - np.sin(yaw) * z
        seen = np.stack([turned, shape[:, 1], np.sin(yaw) * x + np.cos(yaw) * depth], axis=1)
        seen = WIDTH_PX * pose.size * (seen + random.normal(0, 0.0004, seen.shape))
        return np.asarray(seen + np.array([160 + WIDTH_PX * pose.x, 125, 0]), np.float32)

    def _detail(self, random: np.random.Generator, pose: Pose) -> NDArray[np.uint8]:
        x = np.arange(DETAIL_PX)[None, :, None] + WIDTH_PX * pose.x
        grating = self.stripes * np.cos(2 * np.pi * (self.cycles * x + np.arange(3) / 3))
        noise = random.normal(0, 2.5, (DETAIL_PX, DETAIL_PX, 3))
        return np.clip(np.array([180, 140, 120]) + grating + noise, 0, 255).astype(np.uint8)


def upright(points: NDArray[np.float32]) -> NDArray[np.float64]:
    """A photo's landmarks (468, 3) as a `Head` takes them: upright, in face widths around their middle."""
    across = points[454, :2] - points[234, :2]
    turned = (points - points.mean(axis=0)).astype(np.float64)
    level = turned[:, :2] @ (1, 1j) / (across @ (1, 1j))
    return np.column_stack([level.real, level.imag, turned[:, 2] / np.linalg.norm(across)])


def living(seconds: float = 1.6) -> list[Pose]:
    """The poses of somebody who stands before the kiosk: they sway, look about a little, blink and move the lips."""
    at_s = np.arange(round(seconds * FPS)) / FPS
    blink = np.exp(-(((at_s - 0.8) / 0.08) ** 2))
    return [
        Pose(yaw_deg=6 * np.sin(3 * t), x=0.06 * np.sin(2.2 * t), lids=1 - b, jaw=0.02 * np.sin(4 * t))
        for t, b in zip(at_s, blink, strict=True)
    ]


def stiff(poses: Sequence[Pose]) -> list[Pose]:
    """The same poses without motion of lids and lips."""
    return [Pose(yaw_deg=pose.yaw_deg, x=pose.x) for pose in poses]


def answer(yaw_deg: float = 0.0, jaw: float = 0.0, lids: float = 1.0, size: float = 1.0) -> list[Pose]:
    """The poses of an action: half a second ahead, half a second to the peak, a while there, and back."""
    part = np.interp(np.arange(66) / FPS, (0.7, 1.1, 1.4, 1.8), (0, 1, 1, 0))
    return [Pose(yaw_deg=p * yaw_deg, jaw=p * jaw, lids=1 - p * (1 - lids), size=1 + p * (size - 1)) for p in part]
