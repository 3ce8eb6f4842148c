"""Which stage holds when."""

from datetime import UTC, datetime, timedelta

import pytest

from kiosk.attendance.stage import BEFORE, Stage, stage_at
from kiosk.clock.provenance import ClockMark
from tests.kiosk.policies import example, local

RULES = example()


@pytest.mark.parametrize(
    ("at", "name", "decree"),
    [
        ("1970-01-01T08:00:00", "inactive", None),
        ("2026-02-01T23:59:59", "inactive", None),
        ("2026-02-02T00:00:00", "socialisation", None),
        ("2026-03-01T23:59:59", "socialisation", None),
        ("2026-03-02T00:00:00", "trial", None),
        ("2026-04-01T00:00:00", "active", "EXAMPLE/SK/2026"),
        ("2099-01-01T00:00:00", "active", "EXAMPLE/SK/2026"),
    ],
)
def test_each_stage_holds_from_its_instant_to_the_next(at: str, name: str, decree: str | None) -> None:
    stage = stage_at(RULES, local(at))
    assert (stage.name, stage.decree) == (name, decree)
    assert stage.recognises == (name != "inactive")


def test_a_stage_knows_when_it_began() -> None:
    assert stage_at(RULES, local("2026-03-15T12:00:00")) == Stage("trial", None, local("2026-03-02T00:00:00"))
    assert stage_at(RULES, local("2026-01-15T12:00:00")) == BEFORE


@pytest.mark.parametrize(
    "mark", [ClockMark(spoken=local("2026-04-02T07:00:00")), ClockMark(vouched=local("2026-04-02T07:00:00"))]
)
def test_a_clock_that_fell_back_does_not_bring_an_older_stage_back(mark: ClockMark) -> None:
    fallen = datetime(1970, 1, 1, tzinfo=UTC)
    assert stage_at(RULES, mark.not_before(fallen)).name == "active"
    later = local("2026-04-02T07:00:00") + timedelta(days=1)
    assert mark.not_before(later) == later
    assert ClockMark().not_before(fallen) == fallen
