"""The rules of attendance that the settings say, in the form of a policy, until the agency sends one."""

from datetime import UTC, datetime, time
from typing import Literal, Self, get_args

from pydantic import ValidationError, field_validator, model_validator

from kiosk.runtime.section import Section
from sync.contract import SessionName
from sync.documents.policy import Decree, Profile, Rules, Schedule, SessionWindow, Shift, StageFrom, Weekday


class AttendanceWindow(Section):
    """When a session is recorded, local time; 00:00 as the end means midnight."""

    session: SessionName
    opens: time
    closes: time

    @field_validator("opens", "closes")
    @classmethod
    def _whole_minutes(cls, at: time) -> time:
        if at.second or at.microsecond or at.tzinfo:
            raise ValueError("a window opens and closes at whole minutes, local time")
        return at

    def window(self) -> SessionWindow:
        """The window as a policy says it."""
        closes = "00:00+1" if self.closes == time.min else f"{self.closes:%H:%M}"
        return SessionWindow(session=self.session, opens=f"{self.opens:%H:%M}", closes=closes)


class AttendanceSettings(Section):
    """The simple rules that hold until there is a policy of the agency: the same windows every day, no hours."""

    stage: Literal["trial", "active"] = "trial"
    decree: Decree | None = None
    evidence: Literal["none", "records"] = "none"
    windows: tuple[AttendanceWindow, ...] = (
        AttendanceWindow(session="in", opens=time(6), closes=time(12)),
        AttendanceWindow(session="out", opens=time(12), closes=time(18)),
    )

    @classmethod
    def all_day(cls) -> Self:
        """Rules that are always open, for practice."""
        return cls(windows=(AttendanceWindow(session="in", opens=time.min, closes=time.min),))

    @model_validator(mode="after")
    def _possible(self) -> Self:
        try:
            self.rules()
        except ValidationError as error:
            raise ValueError(error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")) from error
        return self

    def rules(self) -> Rules:
        """What a policy of the agency would say."""
        windows = tuple(window.window() for window in self.windows)
        shift = Shift(name="day", days=get_args(Weekday), sessions=windows)
        stage = StageFrom(at=datetime(1970, 1, 1, tzinfo=UTC), stage=self.stage, decree=self.decree)
        schedule = Schedule(profiles=(Profile(shifts=(shift,)),))
        return Rules(stages=(stage,), default_schedule="settings", schedules={"settings": schedule})
