"""The table `[attendance]` of the settings: the rules that hold until the agency sends a policy."""

from datetime import UTC, datetime, time
from typing import Literal, Self, get_args

from pydantic import ValidationError, field_validator, model_validator

from kiosk.runtime.section import Section
from sync.contract import SessionName
from sync.documents.policy import Decree, Profile, Rules, Schedule, SessionWindow, Shift, StageFrom, Weekday


class AttendanceWindow(Section):
    """The local time in which a session is recorded. 00:00 as `closes` means midnight at the end of the day."""

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
        """Returns the window in the form of a policy."""
        closes = "00:00+1" if self.closes == time.min else f"{self.closes:%H:%M}"
        return SessionWindow(session=self.session, opens=f"{self.opens:%H:%M}", closes=closes)


class AttendanceSettings(Section):
    """Simple rules: the same windows on every day of the week, and no hours of work.

    Without hours of work nobody is late or leaves early.
    """

    stage: Literal["trial", "active"] = "trial"
    decree: Decree | None = None
    evidence: Literal["none", "records"] = "none"
    windows: tuple[AttendanceWindow, ...] = (
        AttendanceWindow(session="in", opens=time(6), closes=time(12)),
        AttendanceWindow(session="out", opens=time(12), closes=time(18)),
    )

    @classmethod
    def all_day(cls) -> Self:
        """Returns settings whose window is always open, for a laptop and for replays."""
        return cls(windows=(AttendanceWindow(session="in", opens=time.min, closes=time.min),))

    @model_validator(mode="after")
    def _possible(self) -> Self:
        try:
            self.rules()
        except ValidationError as error:
            raise ValueError(error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")) from error
        return self

    def rules(self) -> Rules:
        """Returns these settings in the form that a policy of the agency has."""
        windows = tuple(window.window() for window in self.windows)
        shift = Shift(name="day", days=get_args(Weekday), sessions=windows)
        stage = StageFrom(at=datetime(1970, 1, 1, tzinfo=UTC), stage=self.stage, decree=self.decree)
        schedule = Schedule(profiles=(Profile(shifts=(shift,)),))
        return Rules(stages=(stage,), default_schedule="settings", schedules={"settings": schedule})
