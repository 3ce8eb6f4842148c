"""The body of an event about somebody whose face is known, when nothing showed that they were there."""

from typing import Annotated, Literal

from pydantic import Field

from sync.contract.fields import CheckName, Label, Slug, WireModel
from sync.contract.record import Evidence


class SuspicionDetail(WireModel):
    """Whose face it was, and why nothing was recorded.

    `checks` holds the score, 0 to 1, of each check that was made, `reasons` what spoke against a living person, and
    `challenge` what was asked last. `evidence` is a sealed face crop, sent under the id of this event.
    """

    person: Slug
    level: Literal["passive", "adaptive", "strict"]
    reasons: Annotated[tuple[CheckName, ...], Field(min_length=1, max_length=20)]
    checks: dict[CheckName, Annotated[float, Field(ge=0, le=1)]]
    challenge: Label | None
    evidence: Evidence | None


class SpoofSuspected(WireModel):
    """A face was shown by something that is no person, or may not be."""

    type: Literal["spoof_suspected"] = "spoof_suspected"
    detail: SuspicionDetail


class ChallengeFailed(WireModel):
    """Somebody did not do what was asked of them, and nothing else was found."""

    type: Literal["challenge_failed"] = "challenge_failed"
    detail: SuspicionDetail
