"""What one frame shows of the person at the kiosk, and how much of it is wanted."""

from dataclasses import dataclass
from enum import IntEnum

from models.face import Box
from models.gallery import Vector
from models.liveness.seam import Thumb
from models.liveness.track import Glimpse
from models.quality import Reason


class Wanted(IntEnum):
    """What of a frame would be used; each includes the ones before."""

    PLACE = 0
    """Where the face is."""
    FACE = 1
    """What it looks like and does."""
    PROBE = 2
    """Whose it is."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What one frame shows: the chosen face, its probe and what it weighs when the frame was good, else why not.

    `glimpse` is what liveness goes by, also of a frame that is not good enough for a probe; `thumb` the whole picture.
    """

    at_s: float
    box: Box | None = None
    probe: Vector | None = None
    weight: float = 1.0
    reasons: tuple[Reason, ...] = ()
    glimpse: Glimpse | None = None
    thumb: Thumb | None = None
