"""The policy: the agency's rules for a unit. What has a time in it takes effect then, with or without a network."""

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter, model_validator

from sync.contract.agency import StageName
from sync.contract.fields import Instant, Label, Metres, Slug, WireModel
from sync.contract.record import SessionName
from sync.documents.envelope import SignedModel

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d(\+1)?$")]
"""Local time on the shift's start date, `07:30`, or on the day after, `07:45+1`."""


def minutes(clock: str) -> int:
    """Minutes from the midnight that begins the shift's start date."""
    hours, rest = clock.split(":")
    return int(hours) * 60 + int(rest[:2]) + (24 * 60 if rest.endswith("+1") else 0)


class Decree(WireModel):
    """The SK by which attendance by face counts."""

    number: Label
    date: date


class StageFrom(WireModel):
    """Which stage begins when. Nothing is `active` without its decree."""

    at: Instant
    stage: StageName
    decree: Decree | None = None

    @model_validator(mode="after")
    def _decreed(self) -> "StageFrom":
        """A stage that is `active` has its decree."""
        if self.stage == "active" and self.decree is None:
            raise ValueError("a stage that is active needs its decree")
        return self


class SessionWindow(WireModel):
    """When a session is recorded: from `opens` up to, not including, `closes`."""

    session: SessionName
    opens: ClockTime
    closes: ClockTime

    @model_validator(mode="after")
    def _ordered(self) -> "SessionWindow":
        """It closes after it opens."""
        if minutes(self.closes) <= minutes(self.opens):
            raise ValueError(f"the window of {self.session} must close after it opens")
        return self


class Shift(WireModel):
    """Work on some days of the week, and the sessions recorded of it. It belongs to its start date.

    Without `start` and `end` nobody is late or early. What is not left again, such as an apel, has `in` alone.
    """

    name: Slug
    days: Annotated[tuple[Weekday, ...], Field(min_length=1, max_length=7)]
    start: ClockTime | None = None
    end: ClockTime | None = None
    sessions: Annotated[tuple[SessionWindow, ...], Field(min_length=1, max_length=4)]

    @model_validator(mode="after")
    def _whole(self) -> "Shift":
        """Sessions are named once each, begin with `in`, end with `out`, and do not overlap. `end` is after `start`, or
        both are null."""
        names = [window.session for window in self.sessions]
        if len(set(names)) < len(names) or names[0] != "in" or (len(names) > 1 and names[-1] != "out"):
            raise ValueError(f"the sessions of {self.name} must begin with in, end with out, and be named once each")
        if (self.start is None) != (self.end is None):
            raise ValueError(f"{self.name} must have both start and end, or neither")
        if self.start is not None and self.end is not None and minutes(self.end) <= minutes(self.start):
            raise ValueError(f"{self.name} must end after it starts; the day after is written 07:45+1")
        pairs = zip(self.sessions, self.sessions[1:], strict=False)
        if any(minutes(after.opens) < minutes(before.closes) for before, after in pairs):
            raise ValueError(f"the windows of {self.name} must follow one another without overlap")
        return self


class Profile(WireModel):
    """The shifts of a time of the year: from `valid_from` to `valid_to`, both included; null is open."""

    valid_from: date | None = None
    valid_to: date | None = None
    shifts: Annotated[tuple[Shift, ...], Field(min_length=1, max_length=20)]


class Schedule(WireModel):
    """The working hours of some people. The first profile that a date lies in holds; Ramadan is put before the rest."""

    profiles: Annotated[tuple[Profile, ...], Field(min_length=1, max_length=20)]
    works_on_holidays: bool = False


class Holiday(WireModel):
    """A day on which only schedules that work on holidays record."""

    date: date
    name: Label


class Fence(WireModel):
    """The surveyed office, in place of the kiosk's own settings."""

    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    radius_m: Annotated[Metres, Field(gt=0)]


class Classes(WireModel):
    """From how many minutes on lateness (TL) and early leave (PSW) are of class 1, 2, 3 and 4."""

    from_minutes: tuple[int, int, int, int] = (1, 31, 61, 91)

    @model_validator(mode="after")
    def _growing(self) -> "Classes":
        """The minutes grow, and begin at 1 or more."""
        if list(self.from_minutes) != sorted(set(self.from_minutes)) or self.from_minutes[0] < 1:
            raise ValueError("from_minutes must grow and begin at 1 or more")
        return self


class Rules(WireModel):
    """The rules of a unit. Before the first of the `stages` it is `inactive`.

    `liveness` and `fpir` are targets that the kiosk keeps to; `later_shots` says whether templates may take in shots of
    certain visits. Null leaves them to its settings. `photos` says what
    becomes of enrolment photos once they are embedded, `evidence` whether a sealed face crop is kept of each record.
    """

    stages: Annotated[tuple[StageFrom, ...], Field(min_length=1, max_length=20)]
    default_schedule: Slug
    schedules: Annotated[dict[Slug, Schedule], Field(min_length=1, max_length=50)]
    holidays: Annotated[tuple[Holiday, ...], Field(max_length=400)] = ()
    classes: Classes = Classes()
    fence: Fence | None = None
    liveness: Literal["off", "passive", "adaptive", "strict"] | None = None
    fpir: Annotated[float, Field(ge=1e-6, le=0.1)] | None = None
    later_shots: Literal["off", "on"] | None = Field(None, exclude_if=lambda value: value is None)
    # Left out when null: kiosks of version 0.2.0 refuse a field that they do not know.
    photos: Literal["drop", "keep"] = "drop"
    evidence: Literal["none", "records"] = "none"

    @model_validator(mode="after")
    def _joined(self) -> "Rules":
        """`default_schedule` is among `schedules`; `stages` follow one another in time."""
        if self.default_schedule not in self.schedules:
            raise ValueError(f"default_schedule {self.default_schedule} is not among the schedules")
        instants = [stage.at for stage in self.stages]
        if instants != sorted(set(instants)):
            raise ValueError("stages must follow one another in time")
        return self


class Policy(SignedModel, Rules):
    """The rules that the agency has signed."""

    kind: Literal["policy"] = "policy"


POLICY: Final = TypeAdapter(Policy)
