"""How a visit ended."""

from dataclasses import dataclass, field
from typing import Literal

from kiosk.people.acceptance import Verdict
from kiosk.recognition.liveness import LivenessResult
from models.gallery import Identity, Vector
from models.quality import Reason

Kind = Literal["identified", "spoof", "unknown", "refused"]


@dataclass(frozen=True, slots=True)
class VisitOutcome:
    """How a visit ended.

    `nearest` is the person's identity when `kind` is identified, else only the nearest person of the gallery; `verdict`
    is the judgement of that match. A `spoof` has the face of `nearest`, and `proof` says why it is not taken for a
    person who is there.
    """

    kind: Kind
    at_s: float
    seen_s: float
    """From first sight to the outcome."""
    decided_s: float
    """From the first good frame to the outcome, 0 when there was none."""
    frames: int
    """Good frames that were averaged."""
    nearest: Identity | None = None
    verdict: Verdict | None = None
    reasons: tuple[tuple[Reason, int], ...] = ()
    """Of a refusal: what was wrong in how many frames, the commonest first."""
    proof: LivenessResult | None = None
    """The liveness checks, of somebody whose face is known."""
    rests: bool = False
    """Whether there were so many failures in a row that nobody is looked at for a while."""
    probe: Vector | None = field(default=None, repr=False, compare=False)
    """Of an identified person: the mean of the good frames as a unit vector (d,)."""
