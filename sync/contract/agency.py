"""Events of what the agency decides: policies, their stages, rosters, and documents that were refused."""

from typing import Annotated, Literal

from pydantic import Field

from sync.contract.fields import MAX_SAFE_INTEGER, Count, Instant, Label, Seq, Slug, WireModel

StageName = Literal["inactive", "socialisation", "trial", "active"]


class PolicyAppliedDetail(WireModel):
    """The policy's version, and the stage that it puts the kiosk in now."""

    version: Seq
    stage: StageName
    decree: Label | None


class PolicyApplied(WireModel):
    """A policy of the agency holds from now on. Its stages begin at their own times: see `StageEntered`."""

    type: Literal["policy_applied"] = "policy_applied"
    detail: PolicyAppliedDetail


class StageEnteredDetail(WireModel):
    """The stage that began, by which policy, and when it was due."""

    stage: StageName
    decree: Label | None
    version: Seq
    due: Instant


class StageEntered(WireModel):
    """A stage of the policy began, with or without a network."""

    type: Literal["stage_entered"] = "stage_entered"
    detail: StageEnteredDetail


class RosterAppliedDetail(WireModel):
    """The roster's version, how many people it names, and what that changed here.

    `without_face` people have no usable photo or template yet.
    """

    version: Seq
    people: Count
    added: Count
    changed: Count
    removed: Count
    without_face: Count


class RosterApplied(WireModel):
    """Everybody of the agency's roster, and nobody else of it, can be recognised here."""

    type: Literal["roster_applied"] = "roster_applied"
    detail: RosterAppliedDetail


class DocumentRefusedDetail(WireModel):
    """What was refused and why. `about` is a person or null; `version` is null when it could not be read.

    `rollback`: a newer version was applied before. `conflict`: another document of the same version was.
    """

    document: Literal["roster", "person", "policy", "command", "receipt"]
    about: Slug | None
    version: Seq | None
    reason: Literal["no_key", "signature", "rollback", "conflict", "contract", "seal", "photo", "addressee"]
    text: Label
    times: Annotated[int, Field(ge=1, le=MAX_SAFE_INTEGER)] = 1


class DocumentRefused(WireModel):
    """Something that claims to come from the agency was not applied."""

    type: Literal["document_refused"] = "document_refused"
    detail: DocumentRefusedDetail
