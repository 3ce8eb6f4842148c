"""Parallax: whether the face has depth. A print moves as a sheet does; a head that turns shows more of one side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.liveness.finding import Check, Finding, Suspicion, at_least, not_made, worst
from models.liveness.geometry import SLOW_S, STIFF, frames_in, left_over, liveliness, settled, sheet, smooth
from models.liveness.track import Track

LEAST_FRAMES = 12
"""Fewest frames of a track on which a passive check can be made."""

OFF_SHEET = 0.0007
"""Least motion of stiff landmarks off the best sheet, in face widths. 99 % of genuine windows of 1.5 s reach it
(docs/liveness.md)."""

DEPTH_SHOWN = 0.26
RIGID = 0.80
"""Least depth and rigidity of a turn on request (`Solid`). docs/liveness.md has the distributions on both sides."""

LEAST_OF_TURN = 6
"""Fewest frames of a turn: two ahead, two on the way and two at its end. A slow device has no more of them."""

_FRONT_S = 0.2
_FRONT_FRAMES = 3
"""Length of the part of a turn in which the face looks ahead, and its fewest frames."""


@dataclass(frozen=True, slots=True)
class Solid:
    """The farthest moment of a turn.

    `depth` is about the sine of the angle by which points at different depths moved against each other. `rigidity` is 1
    when height and width stayed those of a rigid body.
    """

    depth: float
    rigidity: float


def passing_by(track: Track) -> Finding:
    """The passive check: whether the face moved as no sheet of paper can, bent or not."""
    if len(track) < LEAST_FRAMES:
        return not_made(Check.PARALLAX)
    still = settled(track)
    middle = np.median(still, axis=0)
    off = left_over((still - middle)[..., :2], sheet(middle[:, :2]))
    return at_least(Check.PARALLAX, liveliness(off, STIFF, frames_in(track, SLOW_S)), OFF_SHEET, Suspicion.FLAT)


def turning(track: Track) -> Finding:
    """Whether a face turned as a rigid head does. The track must begin with the face looking ahead."""
    if len(track) < LEAST_OF_TURN:
        return not_made(Check.PARALLAX)
    shown = solid(track)
    return worst(
        [
            at_least(Check.PARALLAX, shown.depth, DEPTH_SHOWN, Suspicion.FLAT),
            at_least(Check.PARALLAX, shown.rigidity**8, RIGID**8, Suspicion.FLAT),
        ]
    )


def solid(track: Track) -> Solid:
    """Fit each frame as an affine camera's picture of the first frames' face in space.

    The matrix of such a camera has two rows of equal length at right angles for a rigid body (Tomasi and Kanade 1992).
    A print that turns is squeezed without showing depth, so that the lengths of its rows differ. FaceMesh fits a head
    to it all the same and gives it a third of the depth at most.
    """
    still = settled(track)
    face = still[: max(_FRONT_FRAMES, frames_in(track, _FRONT_S))].mean(axis=0)[STIFF]
    flat = smooth(still[:, STIFF, :2], frames_in(track, SLOW_S))
    camera = np.einsum("kn,tnc->tck", np.linalg.pinv(face - face.mean(axis=0)), flat - flat.mean(axis=1, keepdims=True))
    stretch = np.linalg.svd(camera, compute_uv=False)
    depth = np.linalg.norm(camera[:, :, 2], axis=1) / np.maximum(stretch[:, 0], 1e-9)
    farthest = int(np.argmax(depth))
    return Solid(float(depth[farthest]), float(stretch[farthest, 1] / max(stretch[farthest, 0], 1e-9)))
