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


@dataclass(frozen=True, slots=True)
class ShiftDay:
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


def shifts_on(rules: Rules, schedule: str, day: date) -> list[ShiftDay]:
    """The shifts that start on a date: none on a holiday, outside every profile, or on another day of the week."""
    if is_free(rules, schedule, day):
        return []
    profile = next((found for found in rules.schedules[schedule].profiles if _holds(found, day)), None)
    shifts = () if profile is None else profile.shifts
    return [ShiftDay(day, schedule, shift) for shift in shifts if _WEEKDAYS[day.weekday()] in shift.days]


def days_around(local: datetime) -> tuple[date, date]:
    """The dates on which a shift may have started that `local` lies in."""
    return local.date() - timedelta(days=1), local.date()


def open_shifts(rules: Rules, schedule: str, local: datetime) -> Mapping[ShiftDay, SessionName]:
    """Every shift whose window is open, also of the day before, with the open session."""
    turns = [turn for day in days_around(local) for turn in shifts_on(rules, schedule, day)]
    return {turn: session for turn in turns if (session := turn.session(local)) is not None}


def _holds(profile: Profile, day: date) -> bool:
    return (profile.valid_from or date.min) <= day <= (profile.valid_to or date.max)


_MINUTE: Final = timedelta(minutes=1)
_CLASSES: Final[dict[str, tuple[AttendanceClass, ...]]] = {
    "TL": ("TL1", "TL2", "TL3", "TL4"),
    "PSW": ("PSW1", "PSW2", "PSW3", "PSW4"),
}


def late_minutes(turn: ShiftDay, local: datetime) -> int:
    """Whole minutes after the start: the first minute is not late (07:30:59 is 0, 07:31:00 is 1)."""
    return 0 if turn.shift.start is None else max(0, turn.after(turn.shift.start, local) // _MINUTE)


def early_minutes(turn: ShiftDay, local: datetime) -> int:
    """Begun minutes before the end: 15:59:59 is 1 before 16:00."""
    return 0 if turn.shift.end is None else max(0, -(turn.after(turn.shift.end, local) // _MINUTE))


def class_of(kind: Literal["TL", "PSW"], minutes: int | None, classes: Classes) -> AttendanceClass | None:
    """The class of so many minutes; None when they are too few for any. No record at all, None, is of the last one."""
    names = _CLASSES[kind]
    if minutes is None:
        return names[-1]
    reached = bisect_right(classes.from_minutes, minutes)
    return names[reached - 1] if reached else None


def judged(
    turn: ShiftDay, session: SessionName, local: datetime, classes: Classes
) -> tuple[AttendanceClass | None, int]:
    """The class and minutes of a session recorded at `local`: of `in` and `out`, for breaks have none."""
    if session == "in":
        late = late_minutes(turn, local)
        return class_of("TL", late, classes), late
    if session == "out":
        early = early_minutes(turn, local)
        return class_of("PSW", early, classes), early
    return None, 0


_AGAIN: Final = timedelta(minutes=10)
"""Who has just left a shift and looks again wants to know whether it is recorded, and does not begin the next one."""


@dataclass(frozen=True, slots=True)
class Due:
    """A session of a shift, its record when there is one already, and, for an early `out`, when the shift ends."""

    session: SessionName
    duty: Duty
    before: RecordEntry | None
    ends: datetime | None = None


def due_at(
    rules: Rules, schedule: str, local: datetime, records: Sequence[RecordEntry]
) -> Due | Literal["holiday", "closed"]:
    """What a person of a schedule is recorded for at `local`, or why for nothing.

    Of several shifts whose windows are open, the one in hand is taken, else the one whose start is nearest.

    Args:
        rules: the agency's, or the settings'.
        schedule: one of the rules'.
        local: now, in the kiosk's zone.
        records: the person's that stand, of `schedule.days_around(local)`, oldest first.
    """
    found = open_shifts(rules, schedule, local)
    if not found:
        return "holiday" if is_free(rules, schedule, local.date()) else "closed"
    in_hand = [turn for turn in found if _in_hand(_of(turn, records), local)]
    turn = min(in_hand or found, key=lambda turn: turn.from_start(local))
    session = found[turn]
    class_, minutes = judged(turn, session, local, rules.classes)
    duty = Duty.model_validate(
        {"day": turn.day, "schedule": schedule, "shift": turn.shift.name, "class": class_, "minutes": minutes}
    )
    before = [record for record in _of(turn, records) if record.body.session == session]
    ends = turn.ends(local) if session == "out" and minutes else None
    return Due(session, duty, before[-1] if before else None, ends)


def tells_of_today(record: RecordEntry, stamp: ClockStamp) -> bool:
    """Whether the date of a record can be compared with that of now.

    A clock that nobody vouches for may begin at the same wrong date after every start of the machine; somebody who was
    recorded then is not recorded today. Rather one record too many: the first one counts.
    """
    return record.clock.boot_id == stamp.boot_id or "none" not in (record.clock.source, stamp.source)


def _of(turn: ShiftDay, records: Sequence[RecordEntry]) -> list[RecordEntry]:
    """The records of a shift. One that another schedule gave, or none, counts for whatever shift of its day."""
    return [record for record in records if record.day == turn.day and _fits(record.body.duty, turn)]


def _fits(duty: Duty | None, turn: ShiftDay) -> bool:
    return duty is None or duty.schedule != turn.schedule or duty.shift == turn.shift.name


def _in_hand(records: Sequence[RecordEntry], local: datetime) -> bool:
    """Begun and not yet left, or left a moment ago."""
    if not records:
        return False
    left = any(record.body.session == "out" for record in records)
    return not left or timedelta(0) <= local - records[-1].at < _AGAIN
