"""Which shifts a date has, by the agency's example."""

from datetime import date, timedelta

import pytest

from kiosk.attendance.schedule import open_shifts, schedule_of, shifts_on
from tests.kiosk.policies import example, local

RULES = example()


@pytest.mark.parametrize(
    ("schedule", "day", "shifts"),
    [
        ("reg5", "2026-01-05", ["office"]),
        ("reg5", "2026-01-09", ["office-friday"]),
        ("reg5", "2026-01-10", []),
        ("reg6", "2026-01-10", ["office-saturday"]),
        ("reg6", "2026-01-11", []),
        ("shift", "2026-01-11", ["morning", "afternoon", "night"]),
        # Ramadan holds from its first to its last date, both included.
        ("reg5", "2026-02-18", ["office"]),
        ("reg5", "2026-02-19", ["ramadan"]),
        ("reg5", "2026-02-20", ["ramadan-friday"]),
        ("reg5", "2026-03-19", ["ramadan"]),
        ("reg5", "2026-03-20", ["office-friday"]),
        ("reg6", "2026-02-21", ["ramadan"]),
        # On a holiday only those work who are on duty around the clock.
        ("reg5", "2026-06-01", []),
        ("reg6", "2026-06-01", []),
        ("shift", "2026-06-01", ["morning", "afternoon", "night"]),
    ],
)
def test_the_shifts_of_a_date(schedule: str, day: str, shifts: list[str]) -> None:
    assert [turn.shift.name for turn in shifts_on(RULES, schedule, date.fromisoformat(day))] == shifts


@pytest.mark.parametrize(
    ("schedule", "at", "found"),
    [
        ("reg5", "2026-01-05T05:59:59", {}),
        ("reg5", "2026-01-05T06:00:00", {("2026-01-05", "office"): "in"}),
        ("reg5", "2026-01-05T11:29:59", {("2026-01-05", "office"): "in"}),
        ("reg5", "2026-01-05T11:30:00", {("2026-01-05", "office"): "break_out"}),
        ("reg5", "2026-01-05T12:58:00", {("2026-01-05", "office"): "break_in"}),
        ("reg5", "2026-01-05T17:59:59", {("2026-01-05", "office"): "out"}),
        ("reg5", "2026-01-05T18:00:00", {}),
        ("reg6", "2026-01-05T12:00:00", {("2026-01-05", "office"): "out"}),
        ("shift", "2026-01-05T18:30:00", {("2026-01-05", "afternoon"): "out", ("2026-01-05", "night"): "in"}),
        ("shift", "2026-01-06T01:59:59", {("2026-01-05", "afternoon"): "out", ("2026-01-05", "night"): "in"}),
        ("shift", "2026-01-06T02:00:00", {("2026-01-05", "night"): "out"}),
        ("shift", "2026-01-06T13:59:59", {
            ("2026-01-05", "night"): "out", ("2026-01-06", "morning"): "out", ("2026-01-06", "afternoon"): "in",
        }),
        ("shift", "2026-01-06T14:00:00", {("2026-01-06", "morning"): "out", ("2026-01-06", "afternoon"): "in"}),
    ],
)  # fmt: skip
def test_a_window_holds_its_first_instant_and_not_its_last(
    schedule: str, at: str, found: dict[tuple[str, str], str]
) -> None:
    turns = open_shifts(RULES, schedule, local(at))
    assert {(turn.day.isoformat(), turn.shift.name): session for turn, session in turns.items()} == found


def test_a_night_shift_that_began_in_one_profile_ends_in_it() -> None:
    """The last date of Ramadan belongs to Ramadan, also after its midnight."""
    night = {
        "name": "night", "days": ["thu"], "start": "20:30", "end": "05:00+1",
        "sessions": [
            {"session": "in", "opens": "18:30", "closes": "02:00+1"},
            {"session": "out", "opens": "02:00+1", "closes": "10:00+1"},
        ],
    }  # fmt: skip
    profiles = [
        {"valid_to": "2026-03-19", "shifts": [night]},
        {"shifts": [night | {"name": "long-night", "end": "07:45+1"}]},
    ]
    rules = example(default_schedule="ward", schedules={"ward": {"profiles": profiles}})
    found = open_shifts(rules, "ward", local("2026-03-20T05:30:00"))
    assert {turn.shift.name: session for turn, session in found.items()} == {"night": "out"}


def test_every_instant_of_a_day_lies_in_a_window_or_in_none_without_error() -> None:
    begin = local("2026-01-05T00:00:00")
    open_minutes = [bool(open_shifts(RULES, "shift", begin + timedelta(minutes=minute))) for minute in range(24 * 60)]
    assert all(open_minutes), "somebody may come or go around the clock"


def test_whom_the_roster_gives_no_schedule_or_an_unknown_one_works_by_the_default() -> None:
    assert [schedule_of(RULES, wanted) for wanted in ("shift", None, "night-owls")] == ["shift", "reg5", "reg5"]
