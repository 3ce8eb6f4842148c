"""What the ledger states of a visit."""

from kiosk.people import Roll
from kiosk.rules.liveness import Proof
from kiosk.rules.outcome import Outcome
from models.gallery import Identity
from models.liveness.finding import Suspicion
from sync.contract import (
    ChallengeFailed,
    Evidence,
    Liveness,
    Match,
    QualityRefused,
    QualityRefusedDetail,
    SpoofSuspected,
    SuspicionDetail,
    UnknownFace,
    UnknownFaceDetail,
)


def match_of(visit: Outcome, nearest: Identity, roll: Roll, roster: int | None) -> Match:
    """How the person was found in the roll; `roster` is the agency's version of it."""
    return Match(
        score=round(nearest.score, 4),
        threshold=round(roll.acceptance.threshold, 4),
        margin=None if nearest.margin is None else round(nearest.margin, 4),
        frames=visit.frames,
        model=roll.gallery.model,
        roster=roster,
        gallery=len(roll.gallery),
    )


def liveness_of(proof: Proof) -> Liveness:
    """What spoke for a person who was there."""
    return Liveness(
        passed=proof.passed, score=round(proof.score, 4), checks={**_scores(proof)}, challenge=proof.challenge
    )


def suspicion_of(visit: Outcome, person: str, evidence: Evidence | None) -> SpoofSuspected | ChallengeFailed:
    """Why nothing shows that a person was there whose face was. ValueError when the visit has no such proof."""
    proof = visit.proof
    if proof is None or proof.level == "off":
        raise ValueError("nothing was asked of this visit that could have failed")
    detail = SuspicionDetail(
        person=person,
        level=proof.level,
        reasons=tuple(str(reason) for reason in proof.reasons),
        checks=_scores(proof),
        challenge=proof.challenge,
        evidence=evidence,
    )
    undone = proof.reasons == (Suspicion.NOT_DONE,)
    return ChallengeFailed(detail=detail) if undone else SpoofSuspected(detail=detail)


def refusal_of(visit: Outcome) -> QualityRefused:
    """What was wrong with every frame."""
    frames = sum(count for _, count in visit.reasons)
    reasons = {str(reason): count for reason, count in visit.reasons}
    return QualityRefused(detail=QualityRefusedDetail(frames=frames, reasons=reasons))


def stranger_of(visit: Outcome, roll: Roll) -> UnknownFace:
    """Why the face is nobody's in the roll."""
    reason = visit.verdict if visit.verdict in ("threshold", "margin", "look_alike") else "empty_gallery"
    threshold = round(roll.acceptance.threshold, 4)
    return UnknownFace(detail=UnknownFaceDetail(frames=visit.frames, threshold=threshold, reason=reason))


def _scores(proof: Proof) -> dict[str, float]:
    """The lowest score of each check."""
    scores: dict[str, float] = {}
    for finding in proof.findings:
        scores[finding.check] = min(round(finding.score, 4), scores.get(finding.check, 1.0))
    return scores
