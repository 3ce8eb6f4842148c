"""Surroundings: a paper's border, a bezel and hands move with a print; the room behind a real face stays.

Positions are complex numbers x + iy, in the small picture or in face widths from the middle of the face. A 'sheet' is a
polynomial that moves every point as a sheet of paper with the face on it would move it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.liveness.finding import Check, Finding, Suspicion, at_least, at_most, not_made, worst
from models.liveness.geometry import SIDES, STIFF, plane, sheet
from models.liveness.parallax import LEAST_FRAMES
from models.liveness.track import Floats, LivenessSample, Track, shapes

Mask = NDArray[np.bool_]

STAYS = 0.2
"""Least share of the change around a face that a room which stays explains. It is a half where nothing can be seen.

All genuine windows lie above, and one print in three does (docs/liveness.md)."""

CHANGES = 5.0
CHANGES_STILL = 2.5
CHANGES_MOVING = 10.0
"""Grey levels by which a room that stays may change both left and right of a head, where the head has not been.

`CHANGES_STILL` is allowed for a head that stays, `CHANGES_MOVING` more for each face width that it moves, and `CHANGES`
at most. The limits lie midway between all genuine windows, which change less, and all of 302 prints, which change more
(docs/liveness.md)."""

CAMERA_MOVES = 3.5
"""Grey levels allowed in addition, for each by which both sides far from the face change: a camera is carried, or a
queue moves behind."""

_FRAMES = 10
"""Frames of a track that are compared with the middle one: those in which the face has moved farthest."""

_STEPS = 24
"""Grid points in a face width."""

_NOISE = 1.0
"""Squared grey levels added to every change, so that the noise of the camera does not decide."""

_MOST = 30.0
"""Grey levels from which on a change counts no more."""

# Inner edges of the strips beside and above the face, in face widths from its middle: from beyond most hair up to where
# a page or a tablet ends.
_BESIDE = np.arange(0.82, 1.4, 0.1)
_ABOVE = np.arange(0.95, 1.35, 0.1)
_STRIP = 0.08
_ACROSS, _DOWN = np.meshgrid(np.arange(-36, 37) / _STEPS, np.arange(-34, 15) / _STEPS)
_GRID = _ACROSS + 1j * _DOWN
_LEVEL_TO = 0.45
_LEVEL = (_DOWN > -0.9) & (_DOWN < _LEVEL_TO)

_FAR = 1.6
"""Distance from the face's middle in face widths, beyond which lies neither a page in a hand nor hair."""

_COARSE = np.add.outer(1j * np.arange(-3.0, _LEVEL_TO, 0.15), np.arange(-4.0, 4.01, 0.15))
_SEEN = 0.2
"""Least share of a strip that must be in the picture, over all frames together, to judge it."""

_PART_SEEN = 0.05
"""The same for a part of the picture far from the face."""


def _strip(away: Floats, edge: float) -> Mask:
    return (away >= edge) & (away < edge + _STRIP)


_STRIPS = (
    [_LEVEL & _strip(-_ACROSS, edge) for edge in _BESIDE],
    [_LEVEL & _strip(_ACROSS, edge) for edge in _BESIDE],
    [(np.abs(_ACROSS) < 0.7) & _strip(-_DOWN, edge) for edge in _ABOVE],
)


_PARTS = (_COARSE.real < -_FAR, _COARSE.real > _FAR)


@dataclass(frozen=True, slots=True)
class _Changes:
    """How the picture around the face changed in L frames against the middle one.

    `with_room` (L, h, w) is the change on a grid that stays in the picture, `with_face` that on a grid which moves as a
    sheet with the face on it would, both in squared grey levels and NaN outside of the picture. `beyond` (L, h, w) says
    which points lay beside the head in both frames. `elsewhere` is the change far left and right of the face in grey
    levels, `moved` the mean motion of the sheet in face widths.
    """

    with_room: Floats
    with_face: Floats
    beyond: Mask
    elsewhere: float
    moved: float


def surroundings(track: Track) -> Finding:
    """Whether what lies around the face stayed while the face moved."""
    if len(track) < LEAST_FRAMES:
        return not_made(Check.SURROUNDINGS)
    changes = _changes(track)
    return worst([_explained(changes), _unchanged(changes)])


def _explained(changes: _Changes) -> Finding:
    """Whether a room that stays explains the changes left, right and above the face better than a sheet does.

    The median of the three counts, as one side alone may be an arm, a collar or another person.
    """
    known = np.isfinite(changes.with_room) & np.isfinite(changes.with_face)
    with_room, with_face = (np.where(known, each, 0).mean(axis=0) for each in (changes.with_room, changes.with_face))
    sides = [min(_stayed(with_room[strip], with_face[strip]) for strip in strips) for strips in _STRIPS]
    return at_least(Check.SURROUNDINGS, float(np.median(sides)), STAYS, Suspicion.CARRIED)


def _stayed(with_room: Floats, with_face: Floats) -> float:
    return float((with_face.mean() + _NOISE) / (with_face.mean() + with_room.mean() + 2 * _NOISE))


def _unchanged(changes: _Changes) -> Finding:
    """Whether the room stayed on at least one side, left or right, of where the head has been.

    A page has an edge on both sides, which moves however the page is bent.
    """
    room = np.where(changes.beyond, changes.with_room, np.nan)
    change = min(max(_change(room[:, strip], _SEEN) for strip in strips) for strips in _STRIPS[:2])
    allowed = min(CHANGES, CHANGES_STILL + CHANGES_MOVING * changes.moved) + CAMERA_MOVES * changes.elsewhere
    return at_most(Check.SURROUNDINGS, change, allowed, Suspicion.CARRIED)


def _change(squared: Floats, least: float) -> float:
    """Root mean square change in grey levels of what is in the picture; 0 when that is not more than the share
    `least`."""
    shown = squared[np.isfinite(squared)]
    return float(np.sqrt(shown.mean())) if shown.size > least * squared.size else 0.0


def _changes(track: Track) -> _Changes:
    """Compare the middle frame with those in which a sheet would have moved farthest."""
    index = len(track) // 2
    places = np.array([_place(sample) for sample in track])
    centre, across = places[index]
    grid, coarse = centre + across * _GRID, centre + across * _COARSE
    sheets = _sheets(track, (centre, across))
    moved = np.abs(_moved_grid(sheets, _GRID[::8, ::8]) - grid[::8, ::8]).mean(axis=(1, 2))
    chosen = np.argsort(-moved)[:_FRAMES]
    now, then = _BlurredScene(track[index]), [_BlurredScene(track[one]) for one in chosen]
    here, far = now.at(grid), now.at(coarse)
    grids = _moved_grid(sheets[chosen], _GRID)
    return _Changes(
        np.stack([_squared(scene.at(grid), here) for scene in then]),
        np.stack([_squared(scene.at(at), here) for scene, at in zip(then, grids, strict=True)]),
        np.stack([_beyond((grid - middle) / across) for middle, across in places[chosen]]),
        _elsewhere(np.stack([_squared(scene.at(coarse), far) for scene in then])),
        float(moved[chosen].mean() / abs(across)),
    )


def _elsewhere(squared: Floats) -> float:
    """The smaller change far left and far right of the face, in grey levels. A side out of the picture does not
    count."""
    parts = [_change(squared[:, part], _PART_SEEN) for part in _PARTS]
    return min((part for part in parts if part > 0), default=0.0)


def _beyond(face: NDArray[np.complex128]) -> Mask:
    """Which grid points lie beside the head; `face` is their position in face widths from the face's middle in a
    frame."""
    return np.asarray(np.where(_ACROSS < 0, -face.real, face.real) >= _BESIDE[0], np.bool_)


def _place(sample: LivenessSample) -> tuple[complex, complex]:
    """The middle of the face, and the vector from its right to its left, in the small picture."""
    right, left = (complex(*sample.points[side, :2] * sample.scale) for side in SIDES)
    return (right + left) / 2, left - right


def _sheets(track: Track, place: tuple[complex, complex]) -> NDArray[np.complex128]:
    """The sheets (T, 6) that move the middle frame's face, at `place`, to where it is in each frame."""
    middle = track[len(track) // 2]
    centre, across = place
    face = (plane(middle.points[STIFF]) * middle.scale - centre) / across
    then = plane(shapes(track)[:, STIFF]) * middle.scale
    terms = np.linalg.pinv(sheet(np.column_stack([face.real, face.imag])))
    return np.asarray(np.einsum("tn,kn->tk", then, terms), np.complex128)


def _moved_grid(sheets: NDArray[np.complex128], grid: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """The positions (T, h, w) to which sheets (T, 6) move a grid (h, w) in face widths."""
    terms = sheet(np.column_stack([grid.real.ravel(), grid.imag.ravel()]))
    return np.asarray((sheets @ terms.T).reshape(-1, *grid.shape), np.complex128)


def _squared(grey: Floats, reference: Floats) -> Floats:
    """The squared difference, limited to that of `_MOST` grey levels."""
    return np.asarray(np.minimum(np.abs(grey - reference), _MOST) ** 2)


class _BlurredScene:
    """A small grey picture, blurred to the resolution of the grid."""

    def __init__(self, sample: LivenessSample) -> None:
        width = sample.width_px * sample.scale
        self._scale = min(1.0, 2 * _STEPS / width)
        small = cv2.resize(sample.scene, None, fx=self._scale, fy=self._scale, interpolation=cv2.INTER_AREA)
        self._grey = cv2.GaussianBlur(small, (0, 0), max(0.6, 0.6 * width * self._scale / _STEPS)).astype(np.float32)

    def at(self, places: NDArray[np.complex128]) -> Floats:
        """The grey levels at complex positions in the small picture, NaN outside of it."""
        x, y = (self._scale * (part.astype(np.float32) + 0.5) - 0.5 for part in (places.real, places.imag))
        return np.asarray(cv2.remap(self._grey, x, y, cv2.INTER_LINEAR, borderValue=(float("nan"),)), np.float64)
