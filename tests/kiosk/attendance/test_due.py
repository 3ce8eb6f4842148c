"""What a person is recorded for: sessions, shifts across midnight, and what was recorded before."""

import pytest

from kiosk.attendance.schedule import Due, due_at, tells_of_today
from sync.contract import ClockStamp, Duty, RecordEntry
from tests.kiosk.policies import duty, example, local, recorded
from tests.sync.helpers import BOOT, CLOCK

RULES = example()
NIGHT = duty("2026-01-05", "shift", "night")
"""Monday 20:30 to Tuesday 07:45."""
MORNING = duty("2026-01-06", "shift", "morning")


def found(at: str, *records: RecordEntry, schedule: str = "shift") -> Due:
    due = due_at(RULES, schedule, local(at), records)
    assert isinstance(due, Due)
    return due


def facts(due: Due) -> tuple[str, str, str, bool]:
    return due.duty.day.isoformat(), due.duty.shift, due.session, due.before is not None


def test_a_working_day_in_four_sessions() -> None:
    day: list[RecordEntry] = []
    for clock in ("07:28", "12:02", "12:58", "16:04"):
        due = found(f"2026-01-05T{clock}:00", *day, schedule="reg5")
        assert due.before is None
        day.append(recorded(f"2026-01-05T{clock}:00", due.session, due.duty))
    assert [record.body.session for record in day] == ["in", "break_out", "break_in", "out"]
    again = found("2026-01-05T16:20:00", *day, schedule="reg5")
    assert again.before == day[-1]


def test_what_is_due_says_the_class_and_the_minutes() -> None:
    late = found("2026-01-05T08:01:00", schedule="reg5").duty
    assert (late.day.isoformat(), late.schedule, late.shift) == ("2026-01-05", "reg5", "office")
    assert (late.class_, late.minutes) == ("TL2", 31)
    early = found("2026-01-05T15:59:59", schedule="reg5").duty
    assert (early.class_, early.minutes) == ("PSW1", 1)
    assert found("2026-01-05T12:02:00", schedule="reg5").duty.class_ is None


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("2026-01-05T05:59:59", "closed"),
        ("2026-01-05T18:00:00", "closed"),
        ("2026-01-10T08:00:00", "closed"),
        ("2026-06-01T08:00:00", "holiday"),
        ("2026-08-17T08:00:00", "holiday"),
    ],
)
def test_outside_working_time_nothing_is_due(at: str, why: str) -> None:
    assert due_at(RULES, "reg5", local(at), []) == why


def test_who_works_around_the_clock_does_so_on_a_holiday() -> None:
    assert facts(found("2026-08-17T07:20:00")) == ("2026-08-17", "morning", "in", False)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-01-05T07:20:00", ("2026-01-05", "morning", "in")),
        ("2026-01-05T13:50:00", ("2026-01-05", "afternoon", "in")),
        ("2026-01-05T20:20:00", ("2026-01-05", "night", "in")),
        ("2026-01-06T00:10:00", ("2026-01-05", "night", "in")),
        ("2026-01-06T04:00:00", ("2026-01-05", "night", "out")),
    ],
)
def test_without_a_record_the_shift_is_the_one_whose_start_is_nearest(at: str, expected: tuple[str, str, str]) -> None:
    assert facts(found(at)) == (*expected, False)


@pytest.mark.parametrize("clock", ["02:00:00", "07:20:00", "07:45:00", "09:59:59", "12:30:00", "13:59:59"])
def test_after_a_night_a_tap_before_two_in_the_afternoon_ends_the_night(clock: str) -> None:
    begun = recorded("2026-01-05T20:20:00", "in", NIGHT)
    assert facts(found(f"2026-01-06T{clock}", begun)) == ("2026-01-05", "night", "out", False)


def test_later_it_begins_the_next_shift() -> None:
    begun = recorded("2026-01-05T20:20:00", "in", NIGHT)
    assert facts(found("2026-01-06T14:00:00", begun)) == ("2026-01-06", "afternoon", "in", False)


def test_an_unclosed_check_in_of_yesterday_is_closed_until_ten_where_the_window_says_so() -> None:
    night = {
        "name": "night", "days": ["mon", "tue"], "start": "20:30", "end": "07:45+1",
        "sessions": [
            {"session": "in", "opens": "18:30", "closes": "02:00+1"},
            {"session": "out", "opens": "02:00+1", "closes": "10:00+1"},
        ],
    }  # fmt: skip
    morning = {
        "name": "morning", "days": ["mon", "tue"], "start": "07:30", "end": "14:30",
        "sessions": [
            {"session": "in", "opens": "05:30", "closes": "11:00"},
            {"session": "out", "opens": "11:00", "closes": "18:00"},
        ],
    }  # fmt: skip
    rules = example(default_schedule="shift", schedules={"shift": {"profiles": [{"shifts": [morning, night]}]}})
    begun = recorded("2026-01-05T20:20:00", "in", NIGHT)
    for clock, records, expected in (
        ("09:59:59", [begun], ("2026-01-05", "night", "out", False)),
        ("09:59:59", [], ("2026-01-06", "morning", "in", False)),
        ("10:00:00", [begun], ("2026-01-06", "morning", "in", False)),
    ):
        due = due_at(rules, "shift", local(f"2026-01-06T{clock}"), records)
        assert isinstance(due, Due)
        assert facts(due) == expected


def test_a_shift_that_is_begun_goes_before_one_that_is_nearer() -> None:
    begun = recorded("2026-01-05T13:50:00", "in", duty("2026-01-05", "shift", "afternoon"))
    assert facts(found("2026-01-05T20:40:00", begun)) == ("2026-01-05", "afternoon", "out", False)


def test_who_has_just_left_and_looks_again_does_not_begin_the_next_shift() -> None:
    night = [recorded("2026-01-05T20:20:00", "in", NIGHT), recorded("2026-01-06T07:40:00", "out", NIGHT)]
    again = found("2026-01-06T07:41:00", *night)
    assert facts(again) == ("2026-01-05", "night", "out", True)
    assert again.before == night[1]
    assert facts(found("2026-01-06T07:50:00", *night)) == ("2026-01-06", "morning", "in", False)


def test_two_shifts_of_one_day_are_two_check_ins() -> None:
    morning = [recorded("2026-01-06T07:20:00", "in", MORNING), recorded("2026-01-06T14:31:00", "out", MORNING)]
    assert facts(found("2026-01-06T14:45:00", *morning)) == ("2026-01-06", "afternoon", "in", False)


def test_the_same_session_of_another_day_is_not_the_same() -> None:
    yesterday = recorded("2026-01-05T07:20:00", "in", duty("2026-01-05", "reg5", "office"))
    assert facts(found("2026-01-06T07:20:00", yesterday, schedule="reg5")) == ("2026-01-06", "office", "in", False)


@pytest.mark.parametrize("belongs", [None, duty("2026-01-05", "settings", "day")])
def test_a_record_from_before_the_policy_counts_on_its_day(belongs: Duty | None) -> None:
    before = recorded("2026-01-05T07:20:00", "in", belongs)
    assert facts(found("2026-01-05T08:00:00", before, schedule="reg5")) == ("2026-01-05", "office", "in", True)


def test_a_clock_of_nobodys_says_nothing_of_the_day_after_a_new_start_of_the_machine() -> None:
    stamp = CLOCK.model_copy(update={"source": "none", "uncertainty_s": None})
    other = stamp.model_copy(update={"boot_id": BOOT.replace("0", "1")})
    before = recorded("2026-01-05T07:20:00", "in", None, stamp)
    assert tells_of_today(before, stamp)
    assert not tells_of_today(before, other)
    assert not tells_of_today(before, ClockStamp.model_validate(other.model_dump() | {"source": "ntp"}))
    vouched = recorded("2026-01-05T07:20:00", "in", None)
    assert not tells_of_today(vouched, other)
    assert tells_of_today(vouched, other.model_copy(update={"source": "rtc"}))
