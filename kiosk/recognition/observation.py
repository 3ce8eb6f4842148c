"""What one frame shows to a visit, and which of its faces is the person at the kiosk. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from camera import Image
from models.face import Box, Face
from models.gallery import Vector
from models.liveness.continuity import Thumb
from models.liveness.track import LivenessSample
from models.quality import Reason


class AnalysisDepth(IntEnum):
    """What of a frame would be used; each includes the ones before."""

    PLACE = 0
    """Where the face is."""
    FACE = 1
    """What it looks like and does."""
    PROBE = 2
    """Whose it is."""


@dataclass(frozen=True, slots=True, eq=False)
class BestFrame:
    """The frame of a visit that shows its person best, BGR, and where the face is in it."""

    image: Image
    box: Box


@dataclass(frozen=True, slots=True)
class Observation:
    """What one frame shows: the chosen face, its probe and what it weighs when the frame was good, else why not.

    `sample` is what liveness goes by, also of a frame that is not good enough for a probe; `thumb` the whole picture.
    """

    at_s: float
    box: Box | None = None
    probe: Vector | None = None
    weight: float = 1.0
    reasons: tuple[Reason, ...] = ()
    sample: LivenessSample | None = None
    thumb: Thumb | None = None


# A second face this large beside the first makes it unclear who is meant.
_COMPARABLE = 0.5
# A face at the edge counts this much of its size: people pass behind, the person at the kiosk stands before it.
_AT_THE_EDGE = 0.4


def prominence(face: Face, frame: Box) -> float:
    """How much a face stands out: its area in square pixels, less towards the edges of the picture."""
    away = abs(face.box.centre[0] - frame.centre[0]) / (frame.width / 2)
    return face.box.area * (1 - (1 - _AT_THE_EDGE) * min(away, 1.0))


def choose(faces: Sequence[Face], frame: Box) -> tuple[Face | None, bool]:
    """The largest, most central face (None when there is none), and whether another is comparable to it."""
    ranked = sorted(faces, key=lambda face: -prominence(face, frame))
    if not ranked:
        return None, False
    rivals = [face for face in ranked[1:] if prominence(face, frame) >= _COMPARABLE * prominence(ranked[0], frame)]
    return ranked[0], bool(rivals)
