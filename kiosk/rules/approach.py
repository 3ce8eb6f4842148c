"""What has been gathered of one face that is followed."""

from collections import Counter
from dataclasses import dataclass, field

from kiosk.rules.acceptance import Judgement
from kiosk.rules.outcome import Outcome
from kiosk.rules.proving import Proving
from models.face import Box
from models.gallery import Vector
from models.quality import Reason


@dataclass(slots=True)
class Approach:
    """A face being followed: what has been gathered since `began_s`.

    `sure` says that it has been one face all the while, `accepted` whose it is, `outcome` what was told.
    """

    box: Box
    began_s: float
    last_s: float
    proving: Proving
    total: Vector | None = None
    frames: int = 0
    first_good_s: float | None = None
    best_at_s: float | None = None
    best_weight: float = 0.0
    accepted: Judgement | None = None
    reasons: Counter[Reason] = field(default_factory=Counter)
    outcome: Outcome | None = None
    quiet_until_s: float = 0.0
    sure: bool = True
