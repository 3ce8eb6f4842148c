"""Late and early: the vectors of the domain, start 07:30 and end 16:00."""

from datetime import date

import pytest

from kiosk.attendance.schedule import class_of, early_minutes, judged, late_minutes, shifts_on
from sync.documents.policy import Classes
from tests.kiosk.policies import example, local

RULES = example()
(MONDAY,) = shifts_on(RULES, "reg5", date(2026, 1, 5))
NIGHT = shifts_on(RULES, "shift", date(2026, 1, 5))[2]
CLASSES = Classes()


@pytest.mark.parametrize(
    ("clock", "class_", "minutes"),
    [
        ("07:29:59", None, 0),
        ("07:30:00", None, 0),
        ("07:30:59", None, 0),
        ("07:30:59.999", None, 0),
        ("07:31:00", "TL1", 1),
        ("08:00:59", "TL1", 30),
        ("08:01:00", "TL2", 31),
        ("08:30:59", "TL2", 60),
        ("08:31:00", "TL3", 61),
        ("09:00:59", "TL3", 90),
        ("09:01:00", "TL4", 91),
    ],
)
def test_late(clock: str, class_: str | None, minutes: int) -> None:
    assert judged(MONDAY, "in", local(f"2026-01-05T{clock}"), CLASSES) == (class_, minutes)


@pytest.mark.parametrize(
    ("clock", "class_", "minutes"),
    [
        ("16:00:00", None, 0),
        ("17:30:00", None, 0),
        ("15:59:59", "PSW1", 1),
        ("15:59:59.999", "PSW1", 1),
        ("15:30:00", "PSW1", 30),
        ("15:29:59", "PSW2", 31),
        ("15:00:00", "PSW2", 60),
        ("14:59:59", "PSW3", 61),
        ("14:30:00", "PSW3", 90),
        ("14:29:59", "PSW4", 91),
    ],
)
def test_early(clock: str, class_: str | None, minutes: int) -> None:
    assert judged(MONDAY, "out", local(f"2026-01-05T{clock}"), CLASSES) == (class_, minutes)


def test_no_record_is_of_the_last_class() -> None:
    assert (class_of("TL", None, CLASSES), class_of("PSW", None, CLASSES)) == ("TL4", "PSW4")


def test_the_bounds_are_the_policys() -> None:
    clock_table = Classes(from_minutes=(1, 30, 60, 90))
    assert class_of("PSW", 30, clock_table) == "PSW2"
    tolerant = Classes(from_minutes=(10, 31, 61, 91))
    assert [class_of("TL", minutes, tolerant) for minutes in (0, 9, 10)] == [None, None, "TL1"]


def test_after_midnight_the_shift_is_still_that_of_its_start_date() -> None:
    assert late_minutes(NIGHT, local("2026-01-06T00:15:30")) == 225
    assert early_minutes(NIGHT, local("2026-01-06T07:44:30")) == 1
    assert judged(NIGHT, "out", local("2026-01-06T07:45:00"), CLASSES) == (None, 0)


def test_breaks_are_neither_late_nor_early() -> None:
    for session in ("break_out", "break_in"):
        assert judged(MONDAY, session, local("2026-01-05T12:31:00"), CLASSES) == (None, 0)
