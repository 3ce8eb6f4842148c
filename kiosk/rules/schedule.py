"""Which shifts of a schedule there are on a date, and which session of a shift is open."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, get_args

from sync.contract import SessionName
from sync.documents.policy import Profile, Rules, Shift, Weekday, minutes

_WEEKDAYS: Final[tuple[Weekday, ...]] = get_args(Weekday)
_NO_TIME: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class Turn:
    """One shift of a schedule on the date on which it starts. Instants are in the kiosk's zone."""

    day: date
    schedule: str
    shift: Shift

    def after(self, clock: str, local: datetime) -> timedelta:
        """How long after a clock time of this shift `local` is; negative before it."""
        return local.replace(tzinfo=None) - datetime.combine(self.day, time.min) - timedelta(minutes=minutes(clock))

    def ends(self, local: datetime) -> datetime | None:
        """The end of work, in the zone of `local`; None where no hours are set."""
        return None if self.shift.end is None else local - self.after(self.shift.end, local)

    def session(self, local: datetime) -> SessionName | None:
        """The session whose window is open."""
        for window in self.shift.sessions:
            if self.after(window.opens, local) >= _NO_TIME > self.after(window.closes, local):
                return window.session
        return None

    def from_start(self, local: datetime) -> timedelta:
        """How far `local` is from the start of work, before or after; from the first window where no hours are set."""
        return abs(self.after(self.shift.start or self.shift.sessions[0].opens, local))


def schedule_of(rules: Rules, wanted: str | None) -> str:
    """The schedule that a person works by: the default when none is named, or one that the rules do not have."""
    return wanted if wanted in rules.schedules else rules.default_schedule


def is_free(rules: Rules, schedule: str, day: date) -> bool:
    """Whether a date is a holiday of this schedule."""
    return not rules.schedules[schedule].works_on_holidays and any(holiday.date == day for holiday in rules.holidays)


def turns_on(rules: Rules, schedule: str, day: date) -> list[Turn]:
    """The shifts that start on a date: none on a holiday, outside every profile, or on another day of the week."""
    if is_free(rules, schedule, day):
        return []
    profile = next((found for found in rules.schedules[schedule].profiles if _holds(found, day)), None)
    shifts = () if profile is None else profile.shifts
    return [Turn(day, schedule, shift) for shift in shifts if _WEEKDAYS[day.weekday()] in shift.days]


def days_around(local: datetime) -> tuple[date, date]:
    """The dates on which a shift may have started that `local` lies in."""
    return local.date() - timedelta(days=1), local.date()


def open_turns(rules: Rules, schedule: str, local: datetime) -> Mapping[Turn, SessionName]:
    """Every shift whose window is open, also of the day before, with the open session."""
    turns = [turn for day in days_around(local) for turn in turns_on(rules, schedule, day)]
    return {turn: session for turn in turns if (session := turn.session(local)) is not None}


def _holds(profile: Profile, day: date) -> bool:
    return (profile.valid_from or date.min) <= day <= (profile.valid_to or date.max)
