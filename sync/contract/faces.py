"""Events about faces: strangers, refusals of quality, and suspicions of an attack."""

from typing import Annotated, Literal

from pydantic import Field

from sync.contract.fields import CheckName, Count, Label, Slug, WireModel
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


QualityReason = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class UnknownFaceDetail(WireModel):
    """`frames` good frames were compared; the best score stayed under `threshold`, or another
    person was too near, one who looks alike perhaps."""

    frames: Count
    threshold: Annotated[float, Field(ge=-1, le=1)]
    reason: Literal["threshold", "margin", "look_alike", "empty_gallery"]


class UnknownFace(WireModel):
    """Somebody stood there whom the kiosk does not know."""

    type: Literal["unknown_face"] = "unknown_face"
    detail: UnknownFaceDetail


class QualityRefusedDetail(WireModel):
    """How many frames were seen, and how many of them each reason refused."""

    frames: Count
    reasons: dict[QualityReason, Count]


class QualityRefused(WireModel):
    """A visit ended without one frame good enough to decide on."""

    type: Literal["quality_refused"] = "quality_refused"
    detail: QualityRefusedDetail


class EnrolledDetail(WireModel):
    """Whose templates were added, how many, and the model that made them; the person id of the officer who did it at
    the kiosk's screen."""

    person: Slug
    templates: Annotated[int, Field(ge=1, le=1000)]
    model: Label
    officer: Slug | None = None


class Enrolled(WireModel):
    """A person can be recognised here from now on."""

    type: Literal["enrolled"] = "enrolled"
    detail: EnrolledDetail


class ShotAddedDetail(WireModel):
    """Whose template took in a shot of a visit, that visit's cosine with the template of the enrolment, how many such
    shots the person has now, and the model that made them."""

    person: Slug
    score: Annotated[float, Field(ge=-1, le=1)]
    later: Annotated[int, Field(ge=1, le=1000)]
    model: Label


class ShotAdded(WireModel):
    """After a visit that was certain, a person's template took in a shot of it. The shots of the enrolment stay."""

    type: Literal["shot_added"] = "shot_added"
    detail: ShotAddedDetail


class ShotsDroppedDetail(WireModel):
    """Whose shots of visits were dropped, and how many."""

    person: Slug
    dropped: Count


class ShotsDropped(WireModel):
    """A person is recognised by the shots of the enrolment alone again."""

    type: Literal["shots_dropped"] = "shots_dropped"
    detail: ShotsDroppedDetail


class RemovedDetail(WireModel):
    """Whose templates were removed, and how many."""

    person: Slug
    templates: Count


class Removed(WireModel):
    """A person can no longer be recognised here."""

    type: Literal["removed"] = "removed"
    detail: RemovedDetail
