"""Is the face on something? A paper's border, a bezel and hands move with a print; a room stays where it is."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from models.liveness.finding import Check, Finding, Suspicion, at_least, not_made
from models.liveness.geometry import SIDES, STIFF, sheet
from models.liveness.parallax import LEAST_FRAMES
from models.liveness.track import Floats, Glimpse, Track

STAYS = 0.35
"""Share of what changes around a face that a room which stays accounts for: a half where nothing can be seen.

98 % of genuine windows lie above, one print in nine does (docs/liveness.md)."""

_LOOKS = 10
_STEPS = 24
_NOISE = 1.0
_MOST = 30.0


def _strip(away: Floats, edge: float) -> NDArray[np.bool_]:
    return (away >= edge) & (away < edge + _STRIP)


# Strips beside and above the face in face widths from its middle, each by its inner edge: beyond most hair, up to where
# a page or a tablet ends.
_BESIDE = np.arange(0.82, 1.4, 0.1)
_ABOVE = np.arange(0.95, 1.35, 0.1)
_STRIP = 0.08
_ACROSS, _DOWN = np.meshgrid(np.arange(-36, 37) / _STEPS, np.arange(-34, 15) / _STEPS)
_LEVEL = (_DOWN > -0.9) & (_DOWN < 0.45)
_STRIPS = (
    [_LEVEL & _strip(-_ACROSS, edge) for edge in _BESIDE],
    [_LEVEL & _strip(_ACROSS, edge) for edge in _BESIDE],
    [(np.abs(_ACROSS) < 0.7) & _strip(-_DOWN, edge) for edge in _ABOVE],
)


def surroundings(track: Track) -> Finding:
    """Whether what lies left, right and above stayed while the face moved: the middle one of the three counts, as one
    side alone may be an arm, a collar or another person."""
    if len(track) < LEAST_FRAMES:
        return not_made(Check.SURROUNDINGS)
    with_room, with_face = _changes(track)
    sides = [min(_stayed(with_room[strip], with_face[strip]) for strip in strips) for strips in _STRIPS]
    return at_least(Check.SURROUNDINGS, float(np.median(sides)), STAYS, Suspicion.CARRIED)


def _stayed(with_room: Floats, with_face: Floats) -> float:
    return float((with_face.mean() + _NOISE) / (with_face.mean() + with_room.mean() + 2 * _NOISE))


def _changes(track: Track) -> tuple[Floats, Floats]:
    """How much the grid around the face changed against the middle frame, squared grey levels a frame: where the grid
    stays in the picture, and where a sheet with the face on it would have taken it.

    Of the frames in which it would have gone farthest.
    """
    middle = track[len(track) // 2]
    right, left = middle.points[list(SIDES), :2] @ (1, 1j) * middle.scale
    grid = (right + left) / 2 + (_ACROSS + 1j * _DOWN) * (left - right)
    face = (middle.points[STIFF, :2] @ (1, 1j) * middle.scale - (right + left) / 2) / (left - right)
    then = np.stack([seen.points[STIFF, :2] @ (1, 1j) for seen in track]) * middle.scale
    fit = then @ np.linalg.pinv(sheet(np.column_stack([face.real, face.imag]))).T
    taken = (fit @ sheet(np.column_stack([_ACROSS.ravel(), _DOWN.ravel()])).T).reshape(-1, *grid.shape)
    reference = _sampled(middle, grid)
    with_room, with_face = np.zeros(grid.shape), np.zeros(grid.shape)
    for index in np.argsort(-np.abs(taken - grid).mean(axis=(1, 2)))[:_LOOKS]:
        stayed, went = _sampled(track[index], grid), _sampled(track[index], taken[index])
        known = (reference >= 0) & (stayed >= 0) & (went >= 0)
        with_room += np.where(known, np.minimum(np.abs(stayed - reference), _MOST) ** 2, 0) / _LOOKS
        with_face += np.where(known, np.minimum(np.abs(went - reference), _MOST) ** 2, 0) / _LOOKS
    return with_room, with_face


def _sampled(seen: Glimpse, at: Floats) -> Floats:
    """The small picture's grey at complex positions, as sharp as the grid can show; below 0 outside of it."""
    blur = max(0.6, 0.6 * seen.width_px * seen.scale / _STEPS)
    soft = cv2.GaussianBlur(seen.scene, (0, 0), blur).astype(np.float32)
    x, y = at.real.astype(np.float32), at.imag.astype(np.float32)
    return np.asarray(cv2.remap(soft, x, y, cv2.INTER_LINEAR, borderValue=(-1000.0,)), np.float64)
