"""How late (TL) and how early (PSW), in minutes and classes. Amounts of money are the agency's, never the kiosk's."""

from bisect import bisect_right
from datetime import datetime, timedelta
from typing import Final, Literal

from kiosk.rules.schedule import Turn
from sync.contract import AttendanceClass, SessionName
from sync.documents.policy import Classes

_MINUTE: Final = timedelta(minutes=1)
_CLASSES: Final[dict[str, tuple[AttendanceClass, ...]]] = {
    "TL": ("TL1", "TL2", "TL3", "TL4"),
    "PSW": ("PSW1", "PSW2", "PSW3", "PSW4"),
}


def late_minutes(turn: Turn, local: datetime) -> int:
    """Whole minutes after the start: the first minute is not late (07:30:59 is 0, 07:31:00 is 1)."""
    return 0 if turn.shift.start is None else max(0, turn.after(turn.shift.start, local) // _MINUTE)


def early_minutes(turn: Turn, local: datetime) -> int:
    """Begun minutes before the end: 15:59:59 is 1 before 16:00."""
    return 0 if turn.shift.end is None else max(0, -(turn.after(turn.shift.end, local) // _MINUTE))


def class_of(kind: Literal["TL", "PSW"], minutes: int | None, classes: Classes) -> AttendanceClass | None:
    """The class of so many minutes; None when they are too few for any. No record at all, None, is of the last one."""
    names = _CLASSES[kind]
    if minutes is None:
        return names[-1]
    reached = bisect_right(classes.from_minutes, minutes)
    return names[reached - 1] if reached else None


def judged(turn: Turn, session: SessionName, local: datetime, classes: Classes) -> tuple[AttendanceClass | None, int]:
    """The class and minutes of a session recorded at `local`: of `in` and `out`, for breaks have none."""
    if session == "in":
        late = late_minutes(turn, local)
        return class_of("TL", late, classes), late
    if session == "out":
        early = early_minutes(turn, local)
        return class_of("PSW", early, classes), early
    return None, 0
