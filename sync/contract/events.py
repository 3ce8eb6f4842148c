"""The body of an event: everything but attendance that must last."""

from typing import Annotated

from pydantic import Field

from sync.contract.agency import DocumentRefused, PolicyApplied, RosterApplied, StageEntered
from sync.contract.counter import OfficerChanged, OfficerSignedIn, OfficerSignedOut, PinRefused, PinSet
from sync.contract.device import (
    CameraBack,
    CameraLost,
    ClockCorrected,
    ClockStep,
    EvidenceDropped,
    LedgerSalvaged,
    Moved,
    Started,
    Stopped,
    StorageLow,
)
from sync.contract.faces import Enrolled, QualityRefused, Removed, UnknownFace
from sync.contract.suspicion import ChallengeFailed, SpoofSuspected

EventBody = Annotated[
    UnknownFace
    | SpoofSuspected
    | ChallengeFailed
    | QualityRefused
    | Enrolled
    | Removed
    | ClockStep
    | ClockCorrected
    | Moved
    | CameraLost
    | CameraBack
    | StorageLow
    | EvidenceDropped
    | Started
    | Stopped
    | LedgerSalvaged
    | PolicyApplied
    | StageEntered
    | RosterApplied
    | DocumentRefused
    | PinRefused
    | PinSet
    | OfficerChanged
    | OfficerSignedIn
    | OfficerSignedOut,
    Field(discriminator="type"),
]
