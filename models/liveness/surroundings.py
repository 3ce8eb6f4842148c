"""Is the face on something? A paper's border, a bezel and hands move with a print; a room stays where it is."""

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
"""Share of what changes around a face that a room which stays accounts for: a half where nothing can be seen.

All genuine windows lie above, one print in three does (docs/liveness.md)."""

CHANGES = 5.0
CHANGES_STILL = 2.5
CHANGES_MOVING = 10.0
"""Grey levels by which a room that stays may change both left and right of a head, where the head has not been: for a
head that stays, for each face width that it goes beside, and at most. In the middle between all genuine windows, which
change less, and all of 302 prints, which change more (docs/liveness.md)."""

CAMERA_MOVES = 3.5
"""How many times what changes far on both sides is allowed beside: a camera is carried, or a queue moves behind."""

_LOOKS = 10
_STEPS = 24
_NOISE = 1.0
_MOST = 30.0

# Strips beside and above the face in face widths from its middle, each by its inner edge: beyond most hair, up to where
# a page or a tablet ends.
_BESIDE = np.arange(0.82, 1.4, 0.1)
_ABOVE = np.arange(0.95, 1.35, 0.1)
_STRIP = 0.08
_ACROSS, _DOWN = np.meshgrid(np.arange(-36, 37) / _STEPS, np.arange(-34, 15) / _STEPS)
_GRID = _ACROSS + 1j * _DOWN
_LEVEL_TO = 0.45
_LEVEL = (_DOWN > -0.9) & (_DOWN < _LEVEL_TO)

_FAR = 1.6
"""Face widths from the face's middle, beyond which lies neither a page in a hand nor hair."""

_COARSE = np.add.outer(1j * np.arange(-3.0, _LEVEL_TO, 0.15), np.arange(-4.0, 4.01, 0.15))
_SEEN = 0.2
"""Share of a strip, in all frames together, that must have been seen to say something of it."""

_PART_SEEN = 0.05
"""The same of a part of the picture far from the face."""


def _strip(away: Floats, edge: float) -> Mask:
    return (away >= edge) & (away < edge + _STRIP)


_STRIPS = (
    [_LEVEL & _strip(-_ACROSS, edge) for edge in _BESIDE],
    [_LEVEL & _strip(_ACROSS, edge) for edge in _BESIDE],
    [(np.abs(_ACROSS) < 0.7) & _strip(-_DOWN, edge) for edge in _ABOVE],
)


_PARTS = (_COARSE.real < -_FAR, _COARSE.real > _FAR)


@dataclass(frozen=True, slots=True)
class _Looks:
    """How the grid around the face changed in L frames against the middle one, squared grey levels (L, h, w), not a
    number outside of the picture.

    `with_room` where the grid stays in the picture, `with_face` where a sheet with the face on it would have taken it;
    `beyond`, what was beside the head in both; `elsewhere`, grey levels by which both sides far from it changed;
    `went`, how far the sheet went, face widths.
    """

    with_room: Floats
    with_face: Floats
    beyond: Mask
    elsewhere: float
    went: float


def surroundings(track: Track) -> Finding:
    """Whether what lies around the face stayed while the face moved."""
    if len(track) < LEAST_FRAMES:
        return not_made(Check.SURROUNDINGS)
    looks = _looks(track)
    return worst([_explained(looks), _unchanged(looks)])


def _explained(looks: _Looks) -> Finding:
    """Whether a room that stays explains what changes left, right and above better than a sheet: the middle one of the
    three counts, as one side alone may be an arm, a collar or another person."""
    known = np.isfinite(looks.with_room) & np.isfinite(looks.with_face)
    with_room, with_face = (np.where(known, change, 0).mean(axis=0) for change in (looks.with_room, looks.with_face))
    sides = [min(_stayed(with_room[strip], with_face[strip]) for strip in strips) for strips in _STRIPS]
    return at_least(Check.SURROUNDINGS, float(np.median(sides)), STAYS, Suspicion.CARRIED)


def _stayed(with_room: Floats, with_face: Floats) -> float:
    return float((with_face.mean() + _NOISE) / (with_face.mean() + with_room.mean() + 2 * _NOISE))


def _unchanged(looks: _Looks) -> Finding:
    """Whether the room stayed left or right of where the head has been: a page has an edge on either side, which moves
    whatever way the page is bent."""
    room = np.where(looks.beyond, looks.with_room, np.nan)
    changed = min(max(_change(room[:, strip], _SEEN) for strip in strips) for strips in _STRIPS[:2])
    allowed = min(CHANGES, CHANGES_STILL + CHANGES_MOVING * looks.went) + CAMERA_MOVES * looks.elsewhere
    return at_most(Check.SURROUNDINGS, changed, allowed, Suspicion.CARRIED)


def _change(squared: Floats, least: float) -> float:
    """Grey levels, root mean square over what was seen; 0 where that is less than this share."""
    seen = squared[np.isfinite(squared)]
    return float(np.sqrt(seen.mean())) if seen.size > least * squared.size else 0.0


def _looks(track: Track) -> _Looks:
    """The frames in which a sheet would have gone farthest."""
    index = len(track) // 2
    places = np.array([_place(seen) for seen in track])
    centre, across = places[index]
    grid, coarse = centre + across * _GRID, centre + across * _COARSE
    sheets = _sheets(track, (centre, across))
    went = np.abs(_taken(sheets, _GRID[::8, ::8]) - grid[::8, ::8]).mean(axis=(1, 2))
    chosen = np.argsort(-went)[:_LOOKS]
    now, then = _Soft(track[index]), [_Soft(track[one]) for one in chosen]
    here, far = now.at(grid), now.at(coarse)
    return _Looks(
        np.stack([_squared(soft.at(grid), here) for soft in then]),
        np.stack([_squared(soft.at(at), here) for soft, at in zip(then, _taken(sheets[chosen], _GRID), strict=True)]),
        np.stack([_beyond((grid - middle) / across) for middle, across in places[chosen]]),
        _elsewhere(np.stack([_squared(soft.at(coarse), far) for soft in then])),
        float(went[chosen].mean() / abs(across)),
    )


def _elsewhere(squared: Floats) -> float:
    """The lesser of what changed far left and far right of the face; of one, where the other was not seen; else 0."""
    parts = [_change(squared[:, part], _PART_SEEN) for part in _PARTS]
    return min((part for part in parts if part > 0), default=0.0)


def _beyond(face: NDArray[np.complex128]) -> Mask:
    """What of the grid is still beside the strips' inner edges, for a face that it lies at so many face widths from."""
    return np.asarray(np.where(_ACROSS < 0, -face.real, face.real) >= _BESIDE[0], np.bool_)


def _place(seen: LivenessSample) -> tuple[complex, complex]:
    """The face's middle, and what leads from its right to its left, in the small picture."""
    right, left = (complex(*seen.points[side, :2] * seen.scale) for side in SIDES)
    return (right + left) / 2, left - right


def _sheets(track: Track, place: tuple[complex, complex]) -> NDArray[np.complex128]:
    """The sheets (T, 6) that take the middle frame's face, at its place, to where it is in each frame."""
    middle = track[len(track) // 2]
    centre, across = place
    face = (plane(middle.points[STIFF]) * middle.scale - centre) / across
    then = plane(shapes(track)[:, STIFF]) * middle.scale
    terms = np.linalg.pinv(sheet(np.column_stack([face.real, face.imag])))
    return np.asarray(np.einsum("tn,kn->tk", then, terms), np.complex128)


def _taken(sheets: NDArray[np.complex128], grid: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Where sheets (T, 6) take a grid (h, w) in face widths: (T, h, w)."""
    terms = sheet(np.column_stack([grid.real.ravel(), grid.imag.ravel()]))
    return np.asarray((sheets @ terms.T).reshape(-1, *grid.shape), np.complex128)


def _squared(grey: Floats, reference: Floats) -> Floats:
    return np.asarray(np.minimum(np.abs(grey - reference), _MOST) ** 2)


class _Soft:
    """A small picture's grey, as sharp as the grid can show."""

    def __init__(self, seen: LivenessSample) -> None:
        width = seen.width_px * seen.scale
        self._scale = min(1.0, 2 * _STEPS / width)
        small = cv2.resize(seen.scene, None, fx=self._scale, fy=self._scale, interpolation=cv2.INTER_AREA)
        self._grey = cv2.GaussianBlur(small, (0, 0), max(0.6, 0.6 * width * self._scale / _STEPS)).astype(np.float32)

    def at(self, places: NDArray[np.complex128]) -> Floats:
        """The grey at complex positions in the small picture, not a number outside of it."""
        x, y = (self._scale * (part.astype(np.float32) + 0.5) - 0.5 for part in (places.real, places.imag))
        return np.asarray(cv2.remap(self._grey, x, y, cv2.INTER_LINEAR, borderValue=(float("nan"),)), np.float64)
