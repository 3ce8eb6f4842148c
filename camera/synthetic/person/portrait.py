"""The portrait: a person cut out of the background of a photo, extended to a torso, with the face mesh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.frame import Image

Floats = NDArray[np.float32]

FOREHEAD, CHIN, RIGHT_SIDE, LEFT_SIDE = 10, 152, 234, 454
"""FaceMesh points: top of the forehead, tip of the chin, and the cheeks before the ears (right and left)."""

SIDE, ABOVE, BELOW = 1.9, 0.8, 6.5
"""Extent of a portrait beside the face's middle, above the forehead and below the chin, in face widths."""

CUT_FACE_PX = 56.0
"""Face width in px at which the person is cut out. GrabCut is slow on large pictures and cuts coarse ones better."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """A person cut out of a photo.

    `colour` (H, W, 3) is BGR, `alpha` (H, W, 1) 0 to 1, `mesh` (468, 3) in px of `colour`. `wall_bgr` is the median
    colour of the photo's border.
    """

    colour: Image
    alpha: Floats
    mesh: Floats
    wall_bgr: tuple[float, float, float]

    @property
    def face_px(self) -> float:
        """The distance between the cheeks in px: one face width."""
        return face_width(self.mesh)


def face_width(mesh: Floats) -> float:
    """The distance of the cheek points in space, in the mesh's unit. It does not depend on how the face is turned."""
    return float(np.linalg.norm(mesh[LEFT_SIDE] - mesh[RIGHT_SIDE]))


def scaled(photo: Image, mesh: Floats, face_px: float) -> tuple[Image, Floats]:
    """Photo and mesh reduced until the face is `face_px` wide. A smaller photo is returned unchanged."""
    scale = face_px / face_width(mesh)
    if scale >= 1:
        return photo, mesh
    return cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8), mesh * scale


def crop(photo: Image, mesh: Floats, margins: tuple[float, float, float]) -> tuple[Image, Floats, Image]:
    """The part of a photo within `margins` (side, above, below) of the face, in face widths, and its mesh.

    Where the part reaches beyond the photo, the photo's border is repeated. The third value, a mask (h, w), is 255
    where the photo is.
    """
    side, above, below = (round(margin * face_width(mesh)) for margin in margins)
    middle = round(float(mesh[[RIGHT_SIDE, LEFT_SIDE], 0].mean()))
    left, right = middle - side, middle + side
    top, bottom = round(float(mesh[FOREHEAD, 1])) - above, round(float(mesh[CHIN, 1])) + below
    height, width = photo.shape[:2]
    pad = (max(0, -top), max(0, bottom - height), max(0, -left), max(0, right - width))
    window = slice(top + pad[0], bottom + pad[0]), slice(left + pad[2], right + pad[2])
    real = cv2.copyMakeBorder(np.full((height, width), 255, np.uint8), *pad, cv2.BORDER_CONSTANT, value=(0,))
    wide = cv2.copyMakeBorder(photo, *pad, cv2.BORDER_REPLICATE)
    moved = mesh - np.array([left, top, 0], np.float32)
    return wide[window].astype(np.uint8), moved, real[window].astype(np.uint8)


def portrait_of(photo: Image, mesh: Floats, face_px: float) -> Portrait:
    """Cut the person out of a photo (H, W, 3) with its FaceMesh points (468, 3). The face is at most `face_px` wide."""
    border = np.concatenate([photo[: len(photo) // 2, :4].reshape(-1, 3), photo[: len(photo) // 2, -4:].reshape(-1, 3)])
    wall = np.median(border, axis=0)
    colour, mesh, real = crop(*scaled(photo, mesh, face_px), (SIDE, ABOVE, BELOW))
    alpha = _outline(colour, mesh, real)
    colour = _clothe(colour, alpha, real)
    return Portrait(colour, alpha[:, :, None], mesh, (float(wall[0]), float(wall[1]), float(wall[2])))


def _clothe(colour: Image, alpha: Floats, real: Image) -> Image:
    """Continue the clothes of the photo's last row downwards, so that no wall becomes part of the torso."""
    last = int(np.flatnonzero(real.any(axis=1))[-1])
    worn = np.flatnonzero((alpha[last] > 0.9) & (real[last] > 0))
    if last == len(colour) - 1 or not worn.size:
        return colour
    nearest = worn[np.abs(np.arange(colour.shape[1])[:, None] - worn[None, :]).argmin(axis=1)]
    row = cv2.blur(colour[last, nearest][None], (15, 1))
    clothed = colour.copy()
    clothed[last + 1 :] = row
    return clothed


def _outline(colour: Image, mesh: Floats, real: Image) -> Floats:
    """The mask (H, W) of the person, 0 to 1 with a soft edge.

    It is cut by GrabCut (Rother et al. 2004) within the shape of a head and shoulders.
    """
    height, width = colour.shape[:2]
    scale = min(1.0, CUT_FACE_PX / face_width(mesh))
    small = cv2.resize(colour, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    guess = _head_and_shoulders(small.shape[:2], mesh * scale)
    rows, columns = (np.flatnonzero(real.any(axis=axis)) for axis in (1, 0))
    seen = tuple(slice(int(n[0] * scale), max(2, int((n[-1] + 1) * scale))) for n in (rows, columns))
    labels = np.ascontiguousarray(guess[seen])
    model: tuple[NDArray[Any], NDArray[Any]] = (np.zeros((1, 65)), np.zeros((1, 65)))
    cv2.setRNGSeed(1)  # GrabCut is random: the same photo must be cut the same way every time
    cv2.grabCut(np.ascontiguousarray(small[seen]), labels, (0, 0, 0, 0), *model, 4, cv2.GC_INIT_WITH_MASK)
    below = len(guess) - seen[0].start - len(labels)
    beside = guess.shape[1] - seen[1].start - labels.shape[1]
    cut = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    person = cv2.copyMakeBorder(cut, seen[0].start, below, seen[1].start, beside, cv2.BORDER_REPLICATE) * (
        guess != cv2.GC_BGD
    ) | (guess == cv2.GC_FGD)
    person = cv2.morphologyEx(person.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    person = cv2.morphologyEx(_largest(person.astype(np.uint8)), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    soft = cv2.GaussianBlur(person.astype(np.float32), (0, 0), 1.4)
    soft = np.clip((cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR) - 0.45) * 2.5, 0, 1)
    return np.asarray(soft, np.float32)


def _head_and_shoulders(shape: tuple[int, ...], mesh: Floats) -> Image:
    """GrabCut's labels for what any person is like around this face."""
    unit = face_width(mesh)
    middle = (mesh[RIGHT_SIDE, :2] + mesh[LEFT_SIDE, :2]) / 2
    chin_y = float(mesh[CHIN, 1])
    labels = np.full(shape, cv2.GC_BGD, np.uint8)

    def ellipse(y: float, half_width: float, half_height: float, label: int) -> None:
        centre = (round(float(middle[0])), round(y))
        cv2.ellipse(labels, centre, (round(half_width * unit), round(half_height * unit)), 0, 0, 360, (label,), -1)

    def torso(half_width: float, half_height: float, label: int) -> None:
        ellipse(chest_y, half_width, half_height, label)
        left, right = (round(float(middle[0]) + side * half_width * unit) for side in (-1, 1))
        labels[round(chest_y) :, max(left, 0) : right + 1] = label

    head_y, chest_y = float(middle[1]) - 0.1 * unit, chin_y + 2.6 * unit
    torso(1.55, 2.5, cv2.GC_PR_BGD)
    ellipse(head_y + 0.1 * unit, 0.85, 1.15, cv2.GC_PR_BGD)
    torso(1.3, 2.25, cv2.GC_PR_FGD)
    ellipse(head_y, 0.66, 0.95, cv2.GC_PR_FGD)
    ellipse(head_y, 0.52, 0.8, cv2.GC_FGD)
    torso(1.15, 2.0, cv2.GC_FGD)
    ellipse(chin_y, 0.3, 0.8, cv2.GC_FGD)
    cv2.fillConvexPoly(
        labels, np.rint(cv2.convexHull(np.ascontiguousarray(mesh[:, :2]))).astype(np.int32), (cv2.GC_FGD,)
    )
    return labels


def _largest(mask: Image) -> Image:
    """The largest connected piece of a 0/1 mask."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    if len(stats) < 2:
        return mask
    return np.asarray(labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])), np.uint8)
