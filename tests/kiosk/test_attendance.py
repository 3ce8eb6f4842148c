"""Sessions of the simple schedule."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from kiosk.rules.attendance import Window, day_start, session_at

WITA = ZoneInfo("Asia/Makassar")
WINDOWS = (Window("in", time(6), time(12)), Window("out", time(12), time(18)))


@pytest.mark.parametrize(
    ("clock", "session"),
    [
        ("05:59:59", None),
        ("06:00:00", "in"),
        ("07:30:59", "in"),
        ("11:59:59", "in"),
        ("12:00:00", "out"),
        ("17:59:59", "out"),
        ("18:00:00", None),
    ],
)
def test_a_window_holds_its_first_instant_and_not_its_last(clock, session):
    assert session_at(datetime.fromisoformat(f"2026-01-05T{clock}").replace(tzinfo=WITA), WINDOWS) == session


def test_midnight_as_the_end_means_the_end_of_the_day():
    all_day = (Window("in", time.min, time.min),)
    assert session_at(datetime(2026, 1, 5, 23, 59, 59, tzinfo=WITA), all_day) == "in"


def test_the_day_begins_at_local_midnight():
    assert day_start(datetime(2026, 1, 5, 7, 28, tzinfo=WITA)).isoformat() == "2026-01-05T00:00:00+08:00"
