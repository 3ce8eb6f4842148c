"""A ledger entry: record or event, its identity, time and place in the chain, and the draft it is made of."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError

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
from sync.contract.faces import (
    ChallengeFailed,
    Enrolled,
    QualityRefused,
    Removed,
    ShotAdded,
    ShotsDropped,
    SpoofSuspected,
    UnknownFace,
)
from sync.contract.fields import Digest, EntryId, Instant, Seconds, Seq, Signature, Slug, WireModel
from sync.contract.record import Evidence, RecordBody, RecordFacts
from sync.errors import ContractError

EventBody = Annotated[
    UnknownFace
    | SpoofSuspected
    | ChallengeFailed
    | QualityRefused
    | Enrolled
    | Removed
    | ShotAdded
    | ShotsDropped
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


class ClockStamp(WireModel):
    """Where an entry's time came from. `uncertainty_s` is null when nothing vouches for the clock.

    `monotonic_s` counts from the boot named by `boot_id`, steered by nothing; `corrects` is the id of an entry whose
    `at` and `clock` this entry's take the place of (see `ClockCorrected`).
    """

    source: Literal["gnss", "ntp", "rtc", "none"]
    uncertainty_s: Seconds | None
    boot_id: Slug
    monotonic_s: Seconds
    corrects: EntryId | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """The time of an entry and where it came from, of one reading of the clock.

    Two readings must not be joined: the clock may be set between them. `at` must carry its offset from UTC.
    """

    at: datetime
    clock: ClockStamp


@dataclass(frozen=True, slots=True)
class Draft:
    """What a caller appends: the ledger adds sequence, id, chain, receipt and signature."""

    body: RecordFacts | EventBody
    moment: Moment

    @property
    def kind(self) -> Literal["record", "event"]:
        """What the entry will be."""
        return "record" if isinstance(self.body, RecordFacts) else "event"


class _EntryBase(WireModel):
    v: Literal[1] = 1
    kiosk: Slug
    unit: Slug
    seq: Seq
    id: EntryId
    at: Instant
    clock: ClockStamp
    prev: Digest
    hash: Digest
    sig: Signature | None = None  # entries from before there were signatures have none


class RecordEntry(_EntryBase):
    """An attendance record in its place in the chain."""

    kind: Literal["record"] = "record"
    body: RecordBody

    @property
    def day(self) -> date:
        """The day it belongs to: its shift's start date, or its own local date where no shift is named."""
        return self.at.date() if self.body.duty is None else self.body.duty.day

    @property
    def evidence(self) -> Evidence | None:
        """The sealed face crop that it names."""
        return self.body.evidence


class EventEntry(_EntryBase):
    """An event in its place in the chain."""

    kind: Literal["event"] = "event"
    body: EventBody

    @property
    def evidence(self) -> Evidence | None:
        """The sealed face crop that it names."""
        return self.body.detail.evidence if isinstance(self.body, SpoofSuspected | ChallengeFailed) else None


Entry = RecordEntry | EventEntry
"""Either; `entry.kind` tells which, to a type checker too."""

ENTRY: Final = TypeAdapter[Entry](Annotated[Entry, Field(discriminator="kind")])


def parse_entry(payload: bytes) -> Entry:
    """Read an entry from its JSON. The hash is not checked here: that is `sync.chain`'s work.

    Raises:
        ContractError: the payload is not an entry of version 1; the message names the first field that is wrong.
    """
    try:
        return ENTRY.validate_json(payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the document"
        raise ContractError(f"not an entry of contract version 1: {where}: {first['msg']}") from error
