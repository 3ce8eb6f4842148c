"""Steps of the wall clock, and the time of a moment when it was wrong."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.clock.provenance import DRIFT, REBASE_S, STEP_S, ClockPair, Reference, base_after, corrected, step_between

START = datetime(2026, 1, 5, tzinfo=UTC)


def tick(steady_s: float, ahead_s: float = 0.0) -> ClockPair:
    """Returns both clocks `steady_s` after START, with the wall clock ahead by `ahead_s`."""
    return ClockPair(START + timedelta(seconds=steady_s + ahead_s), steady_s)


@given(st.floats(0, 1e6), st.floats(-1e6, 1e6))
def test_a_departure_beyond_a_second_is_a_step(steady_s: float, ahead_s: float) -> None:
    step = step_between(tick(0), tick(steady_s, ahead_s))
    if abs(abs(ahead_s) - STEP_S) > 1e-4:
        assert (step is not None) == (abs(ahead_s) > STEP_S)
    if step is not None:
        assert step.seconds == pytest.approx(ahead_s, abs=1e-4)
        assert step.after == tick(steady_s, ahead_s).wall


def steps(ticks: list[ClockPair]) -> list[float]:
    """Returns the steps that a series of ticks shows."""
    base, told = ticks[0], []
    for now in ticks:
        step = step_between(base, now)
        told += [step.seconds] if step else []
        base = base_after(base, now)
    return told


@given(st.lists(st.floats(1.5, 1e5) | st.floats(-1e5, -1.5), max_size=20))
def test_every_step_is_told_once(jumps: list[float]) -> None:
    ahead, ticks = 0.0, [tick(0)]
    for second, jump in enumerate(jumps, 1):
        ahead += jump
        ticks += [tick(2 * second, ahead), tick(2 * second + 1, ahead)]
    assert steps(ticks) == pytest.approx(jumps, abs=1e-4)


def test_a_slew_adds_up_to_a_step() -> None:
    told = steps([tick(second, ahead_s=0.005 * second) for second in range(1000)])  # 5 s in 1000 s, as chrony slews
    assert len(told) == 4
    assert all(STEP_S < seconds < STEP_S + 0.01 for seconds in told)


def test_a_crystal_that_drifts_is_no_step() -> None:
    assert steps([tick(10 * n, ahead_s=10 * n * DRIFT) for n in range(20_000)]) == []
    assert 20_000 * 10 * DRIFT > 10 * STEP_S, "it would have been one, had nobody begun afresh"
    assert REBASE_S * DRIFT < STEP_S / 2


@given(st.floats(0, 5e6), st.floats(0, 5e6), st.floats(0, 10))
def test_a_correction_goes_back_by_the_time_between(then_s: float, now_s: float, uncertainty_s: float) -> None:
    reference = Reference(START, uncertainty_s, "gnss")
    at, sure_s = corrected(reference, now_s, then_s)
    assert (START - at).total_seconds() == pytest.approx(now_s - then_s, abs=1e-4)
    assert sure_s >= uncertainty_s
