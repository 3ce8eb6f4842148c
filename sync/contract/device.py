"""Events of the kiosk itself: its clock, place, camera, disk and ledger, its start and its end."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sync.contract.fields import CameraFacts, Count, Instant, Label, Metres, Seconds, Seq, Signed, WireModel


class ClockStepDetail(WireModel):
    """`step_s` is positive when the clock jumped forward: it showed `after` where `before` was due."""

    step_s: Signed
    before: Instant
    after: Instant


class ClockStep(WireModel):
    """The wall clock moved by more than a second, at once or by a fast slew, against one that nothing steers."""

    type: Literal["clock_step"] = "clock_step"
    detail: ClockStepDetail


class ClockCorrectedDetail(WireModel):
    """The `seq` of the record whose time was wrong or vouched for by nobody, the time it `was` given, and what was
    added to it."""

    seq: Seq
    was: Instant
    shift_s: Signed


class ClockCorrected(WireModel):
    """The time of an earlier record, known better now: the entry of which `ClockStamp.corrects` speaks.

    This entry's own `at` and `clock` are those that the record named by `clock.corrects` should have had: put the pair
    in the place of the old one. It is an event and not the record again, so that an attendance stays one record to
    whoever counts them. `uncertainty_s` grows with the time between.
    """

    type: Literal["clock_corrected"] = "clock_corrected"
    detail: ClockCorrectedDetail


class MovedDetail(WireModel):
    """Where the kiosk is (WGS 84, the median of recent fixes), how far from its site, and for how long outside."""

    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    error_m: Metres | None
    from_site_m: Metres
    radius_m: Metres
    outside_s: Seconds


class Moved(WireModel):
    """The kiosk is beyond its fence and stays there; told again only after it was back, or after a new start."""

    type: Literal["moved"] = "moved"
    detail: MovedDetail


class CameraLostDetail(WireModel):
    """Which camera by its name in the settings (never with a password), and why."""

    camera: Label
    reason: Label


class CameraLost(WireModel):
    """The camera gives no frames any more."""

    type: Literal["camera_lost"] = "camera_lost"
    detail: CameraLostDetail


class CameraBackDetail(WireModel):
    """Which camera, and for how long it was away."""

    camera: Label
    away_s: Seconds


class CameraBack(WireModel):
    """The camera gives frames again."""

    type: Literal["camera_back"] = "camera_back"
    detail: CameraBackDetail


class StorageLowDetail(WireModel):
    """Bytes free where the ledger lives, and the least the settings ask for."""

    free_bytes: Count
    least_bytes: Count


class StorageLow(WireModel):
    """The disk will soon be full."""

    type: Literal["storage_low"] = "storage_low"
    detail: StorageLowDetail


class EvidenceDroppedDetail(WireModel):
    """How many sealed face crops, their bytes, and how many of them no receipt had acknowledged."""

    count: Count
    bytes: Count
    unacknowledged: Count


class EvidenceDropped(WireModel):
    """Evidence was erased before its time, for room, or was not sent in 35 days. The records it belonged to stay."""

    type: Literal["evidence_dropped"] = "evidence_dropped"
    detail: EvidenceDroppedDetail


class StartedDetail(WireModel):
    """The program's version, and where its pictures come from; null in an entry of an older program."""

    version: Label
    camera: CameraFacts | None = None


class Started(WireModel):
    """The program began to work."""

    type: Literal["started"] = "started"
    detail: StartedDetail


class StoppedDetail(WireModel):
    """Why, and after how long."""

    reason: Label
    ran_s: Seconds


class Stopped(WireModel):
    """The program ended in order."""

    type: Literal["stopped"] = "stopped"
    detail: StoppedDetail


class SeqRange(WireModel):
    """Sequence numbers from `first` to `last`, both included."""

    first: Seq
    last: Seq

    @model_validator(mode="after")
    def _ordered(self) -> "SeqRange":
        """`last` is not before `first`."""
        if self.last < self.first:
            raise ValueError("last must not be before first")
        return self


class LedgerSalvagedDetail(WireModel):
    """What became of a damaged ledger.

    `kept` entries were carried over unchanged. `missing` names every number that was lost or may have been: the last
    range can hold numbers that were only reserved. `moved_to` is the damaged file's new name on the device, null when
    there was no file left to move.
    """

    reason: Label
    kept: Count
    missing: tuple[SeqRange, ...]
    moved_to: Label | None


class LedgerSalvaged(WireModel):
    """A damaged ledger was set aside and a new one continues it."""

    type: Literal["ledger_salvaged"] = "ledger_salvaged"
    detail: LedgerSalvagedDetail
