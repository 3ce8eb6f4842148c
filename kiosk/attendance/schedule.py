"""Which shift and session a person is recorded for, whether a record is due, and how late or early it is. Pure."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal, get_args

from sync.contract import AttendanceClass, ClockStamp, Duty, RecordEntry, SessionName
from sync.documents.policy import Classes, Profile, Rules, Shift, Weekday, minutes

_WEEKDAYS: Final[tuple[Weekday, ...]] = get_args(Weekday)
_NO_TIME: Final = timedelta(0)
_MINUTE: Final = timedelta(minutes=1)
_CLASSES: Final[dict[str, tuple[AttendanceClass, ...]]] = {
    "TL": ("TL1", "TL2", "TL3", "TL4"),
    "PSW": ("PSW1", "PSW2", "PSW3", "PSW4"),
}
"""The names of the classes, lowest first: TL for being late, PSW for leaving early."""

_AGAIN: Final = timedelta(minutes=10)
"""For so long after an `out` the shift still counts as the one in hand: who looks again wants to see whether the record
is there, and does not begin the next shift."""


@dataclass(frozen=True, slots=True)
class ShiftDay:
    """One shift of a schedule on the date on which it starts. Instants are in the kiosk's zone."""

    day: date
    schedule: str
    shift: Shift

    def after(self, clock: str, local: datetime) -> timedelta:
        """Returns how long after the time `clock` of this shift `local` is, negative before it.

        `clock` is HH:MM, with +1 for the day after the shift started.
        """
        return local.replace(tzinfo=None) - datetime.combine(self.day, time.min) - timedelta(minutes=minutes(clock))

    def ends(self, local: datetime) -> datetime | None:
        """Returns the end of work, in the zone of `local`; None for a shift without hours."""
        return None if self.shift.end is None else local - self.after(self.shift.end, local)

    def session(self, local: datetime) -> SessionName | None:
        """Returns the session whose window is open at `local`; None when none is."""
        for window in self.shift.sessions:
            if self.after(window.opens, local) >= _NO_TIME > self.after(window.closes, local):
                return window.session
        return None

    def from_start(self, local: datetime) -> timedelta:
        """Returns how far `local` is from the start of work, before or after; without hours, from the first window."""
        return abs(self.after(self.shift.start or self.shift.sessions[0].opens, local))


@dataclass(frozen=True, slots=True)
class Due:
    """What a person is to be recorded for.

    `before` is the record of the same session, when there is one. `ends` is the end of the shift, for an early `out`.
    """

    session: SessionName
    duty: Duty
    before: RecordEntry | None
    ends: datetime | None = None


def schedule_of(rules: Rules, wanted: str | None) -> str:
    """Returns the schedule that a person works by: `wanted`, or the default when the rules do not have it."""
    return wanted if wanted in rules.schedules else rules.default_schedule


def is_free(rules: Rules, schedule: str, day: date) -> bool:
    """Returns whether `day` is a holiday of this schedule."""
    return not rules.schedules[schedule].works_on_holidays and any(holiday.date == day for holiday in rules.holidays)


def shifts_on(rules: Rules, schedule: str, day: date) -> list[ShiftDay]:
    """Returns the shifts that start on `day`.

    There are none on a holiday, on a date outside every profile, and on a day of the week that no shift names.
    """
    if is_free(rules, schedule, day):
        return []
    profile = next((found for found in rules.schedules[schedule].profiles if _holds(found, day)), None)
    shifts = () if profile is None else profile.shifts
    return [ShiftDay(day, schedule, shift) for shift in shifts if _WEEKDAYS[day.weekday()] in shift.days]


def days_around(local: datetime) -> tuple[date, date]:
    """Returns the dates on which a shift that `local` lies in may have started: the day before, and the day itself."""
    return local.date() - timedelta(days=1), local.date()


def open_shifts(rules: Rules, schedule: str, local: datetime) -> Mapping[ShiftDay, SessionName]:
    """Returns every shift with an open window, also those that started the day before, with the open session."""
    candidates = [shift_day for day in days_around(local) for shift_day in shifts_on(rules, schedule, day)]
    return {shift_day: session for shift_day in candidates if (session := shift_day.session(local)) is not None}


def late_minutes(shift_day: ShiftDay, local: datetime) -> int:
    """Returns the whole minutes after the start of work: for 07:30, 07:30:59 is 0 and 07:31:00 is 1."""
    return 0 if shift_day.shift.start is None else max(0, shift_day.after(shift_day.shift.start, local) // _MINUTE)


def early_minutes(shift_day: ShiftDay, local: datetime) -> int:
    """Returns the begun minutes before the end of work: for 16:00, 15:59:59 is 1."""
    return 0 if shift_day.shift.end is None else max(0, -(shift_day.after(shift_day.shift.end, local) // _MINUTE))


def class_of(kind: Literal["TL", "PSW"], minutes: int | None, classes: Classes) -> AttendanceClass | None:
    """Returns the class of so many minutes late or early, None when they are too few for any class.

    `minutes` None stands for no record at all, which is the last class.
    """
    names = _CLASSES[kind]
    if minutes is None:
        return names[-1]
    reached = bisect_right(classes.from_minutes, minutes)
    return names[reached - 1] if reached else None


def judged(
    shift_day: ShiftDay, session: SessionName, local: datetime, classes: Classes
) -> tuple[AttendanceClass | None, int]:
    """Returns the class and the minutes of a session recorded at `local`; breaks have none."""
    if session == "in":
        late = late_minutes(shift_day, local)
        return class_of("TL", late, classes), late
    if session == "out":
        early = early_minutes(shift_day, local)
        return class_of("PSW", early, classes), early
    return None, 0


def due_at(
    rules: Rules, schedule: str, local: datetime, records: Sequence[RecordEntry]
) -> Due | Literal["holiday", "closed"]:
    """Returns what a person of a schedule is recorded for at `local`, or why nothing is.

    Of several shifts with an open window, the one that the person has begun is taken, else the one whose start is
    nearest.

    Args:
        rules: the rules in force, of the agency or of the settings.
        schedule: a schedule of these rules.
        local: the time of the decision, in the kiosk's zone.
        records: the records of the person for the dates `days_around(local)` that are not voided, oldest first.
    """
    found = open_shifts(rules, schedule, local)
    if not found:
        return "holiday" if is_free(rules, schedule, local.date()) else "closed"
    in_hand = [shift_day for shift_day in found if _in_hand(_of(shift_day, records), local)]
    chosen = min(in_hand or found, key=lambda shift_day: shift_day.from_start(local))
    session = found[chosen]
    class_, minutes = judged(chosen, session, local, rules.classes)
    duty = Duty.model_validate(
        {"day": chosen.day, "schedule": schedule, "shift": chosen.shift.name, "class": class_, "minutes": minutes}
    )
    before = [record for record in _of(chosen, records) if record.body.session == session]
    ends = chosen.ends(local) if session == "out" and minutes else None
    return Due(session, duty, before[-1] if before else None, ends)


def tells_of_today(record: RecordEntry, stamp: ClockStamp) -> bool:
    """Returns whether the date of a record can be compared with the date of `stamp`, the clock now.

    A clock that nothing vouches for may begin at the same wrong date after every start of the machine, so a record of
    another boot with that date is not a record of today. An error here makes one record too many, of which the first
    counts.
    """
    return record.clock.boot_id == stamp.boot_id or "none" not in (record.clock.source, stamp.source)


def _of(shift_day: ShiftDay, records: Sequence[RecordEntry]) -> list[RecordEntry]:
    """Returns the records of a shift. A record without a duty, or of another schedule, fits every shift of its day."""
    return [record for record in records if record.day == shift_day.day and _fits(record.body.duty, shift_day)]


def _fits(duty: Duty | None, shift_day: ShiftDay) -> bool:
    return duty is None or duty.schedule != shift_day.schedule or duty.shift == shift_day.shift.name


def _in_hand(records: Sequence[RecordEntry], local: datetime) -> bool:
    """Returns whether a shift with these records is begun and not left, or was left less than `_AGAIN` ago."""
    if not records:
        return False
    left = any(record.body.session == "out" for record in records)
    return not left or timedelta(0) <= local - records[-1].at < _AGAIN


def _holds(profile: Profile, day: date) -> bool:
    return (profile.valid_from or date.min) <= day <= (profile.valid_to or date.max)
