"""The body of an attendance record."""

from datetime import date
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from sync.contract.fields import (
    CheckName,
    Count,
    Digest,
    EntryId,
    Label,
    Metres,
    ReceiptCode,
    Seconds,
    Signed,
    Slug,
    WireModel,
)

SessionName = Literal["in", "break_out", "break_in", "out"]
AttendanceClass = Literal["TL1", "TL2", "TL3", "TL4", "PSW1", "PSW2", "PSW3", "PSW4"]
"""How late (TL) or how early (PSW): the policy says from how many minutes on."""

PlaceFlag = Literal["no_fix", "stale", "outside", "jump", "frozen", "clock_disagrees"]


PinReason = Literal["injury", "veil", "camera", "not_recognised", "other"]
"""Why somebody gave a PIN in place of their face."""


PictureSource = Literal["camera", "film", "synthetic"]
"""What stood in the camera's place: a camera, a recording, or drawn people, as in a demonstration."""


class Place(WireModel):
    """Where the kiosk was, and how well that is known. Place never decides attendance: flags are for people to judge.

    `error_m`, `fix_age_s` and `satellites` are null when unknown, as they are for the surveyed `site`.
    """

    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    error_m: Metres | None
    source: Literal["gnss", "site"]
    fix_age_s: Seconds | None
    satellites: Count | None
    from_site_m: Metres
    inside: bool
    flags: tuple[PlaceFlag, ...] = ()


class Match(WireModel):
    """How the person was found: cosine scores, and the model and gallery they come from.

    `margin` is null when nobody else is enrolled, `roster` is null when the gallery was enrolled on the device.
    """

    score: Annotated[float, Field(ge=-1, le=1)]
    threshold: Annotated[float, Field(ge=-1, le=1)]
    margin: Annotated[float, Field(ge=-2, le=2)] | None
    frames: Annotated[int, Field(ge=1, le=10_000)]
    model: Label
    roster: Count | None = None
    gallery: Annotated[int, Field(ge=1, le=10_000_000)]


class Liveness(WireModel):
    """What spoke for a living face: each check's score by name, the lowest of them, and the challenge if one was asked.

    Without any check, as while the policy says `off`, it has not passed: nothing was shown.
    """

    passed: bool
    score: Annotated[float, Field(ge=0, le=1)]
    checks: dict[CheckName, bool | Signed]
    challenge: Label | None


class Evidence(WireModel):
    """The sealed face crop that belongs to a record."""

    sha256: Digest
    bytes: Annotated[int, Field(ge=1, le=64 * 1024)]


class Duty(WireModel):
    """What a record belongs to: a shift of a schedule, on the date on which that shift starts, also after midnight.

    `class` and `minutes` are null and 0 unless an `in` was late or an `out` early. They go by the clock of the moment:
    whoever takes over a correction of the time has to judge again.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    day: date
    schedule: Slug
    shift: Slug
    class_: Annotated[AttendanceClass | None, Field(alias="class")]
    minutes: Annotated[int, Field(ge=0, le=2 * 24 * 60)]


class RecordFacts(WireModel):
    """What the hub knows of an attendance. The ledger adds the receipt and makes it a `RecordBody`.

    `liveness` and `match` are null for a person who gave a PIN, and `reason` says why they did: people review such a
    record. A record that `voids` another takes it back and is no attendance itself; it has the same `duty`. Records
    from before there were policies have no `duty`. Where `source` is `film` or `synthetic` nobody was there, and it is
    no attendance; it is null in records of older programs.
    """

    person: Slug
    session: SessionName
    method: Literal["face", "pin"]
    stage: Literal["trial", "active"]
    decree: Label | None
    place: Place
    match: Match | None
    liveness: Liveness | None = None
    evidence: Evidence | None = None
    voids: EntryId | None = None
    duty: Duty | None = None
    reason: PinReason | None = None
    source: PictureSource | None = None


class RecordBody(RecordFacts):
    """An attendance as it stands in the ledger and on the wire."""

    receipt: ReceiptCode
