"""What vouches for the wall clock, as a function of the readings."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.clock.provenance import (
    DISAGREE_S,
    EARLIEST,
    GNSS_LATENCY_S,
    LATEST,
    NTP_LEAST_S,
    RTC_AGREES_S,
    SLACK_S,
    ClockMark,
    Reading,
    Source,
    gnss_time,
    provenance,
)
from kiosk.position.place import Fix

NOW = datetime(2026, 1, 5, 7, 28, tzinfo=UTC)
INSTANTS = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
MAYBE = st.none() | INSTANTS | st.floats(-10, 10).map(lambda s: NOW + timedelta(seconds=s))
ERRORS = st.none() | st.floats(0, 16)
READINGS = st.builds(Reading, MAYBE.map(lambda at: at or NOW), ERRORS, MAYBE, MAYBE)
MARKS = st.builds(ClockMark, MAYBE, MAYBE)


def off(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def reading(kernel: float | None = None, gnss: float | None = None, rtc: float | None = None) -> Reading:
    """Returns a reading with the wall clock at NOW and the other clocks so many seconds ahead of it."""
    return Reading(NOW, kernel, None if gnss is None else off(gnss), None if rtc is None else off(rtc))


@pytest.mark.parametrize(
    ("known", "source", "uncertainty_s"),
    [
        (reading(), "none", None),
        (reading(rtc=0), "rtc", None),
        (reading(rtc=RTC_AGREES_S + 1), "none", None),
        (reading(kernel=0.0), "ntp", NTP_LEAST_S),
        (reading(kernel=0.4), "ntp", 0.4),
        (reading(gnss=0.0), "gnss", 1.5),
        (reading(gnss=-0.75), "gnss", 0.75),
        (reading(gnss=-0.75, kernel=0.4), "ntp", 0.4),
        (reading(gnss=-0.75, kernel=4.0), "gnss", 0.75),
        (reading(gnss=1.9), "gnss", 3.4),
        (reading(gnss=2.1), "none", None),
        (reading(gnss=-3.4), "gnss", 3.4),
        (reading(gnss=-3.6), "none", None),
        (reading(gnss=60, kernel=0.1, rtc=0), "none", None),
    ],
)
def test_the_surest_voucher_is_named(known: Reading, source: str, uncertainty_s: float | None) -> None:
    found = provenance(known, ClockMark())
    assert found.source == source
    assert found.uncertainty_s == (None if uncertainty_s is None else pytest.approx(uncertainty_s))


def test_a_receiver_that_disagrees_alone_is_the_reference_of_corrections() -> None:
    found = provenance(reading(gnss=3600, rtc=0), ClockMark())
    assert (found.source, found.disagrees, found.wrong) == ("none", True, True)
    assert found.reference is not None
    assert (found.reference.source, found.reference.utc) == ("gnss", off(3600 + GNSS_LATENCY_S / 2))


def test_a_receiver_that_contradicts_the_network_leaves_no_reference() -> None:
    found = provenance(reading(gnss=3600, kernel=0.01), ClockMark())
    assert (found.source, found.disagrees, found.reference) == ("none", True, None)


@pytest.mark.parametrize(
    ("known", "mark", "source", "wrong"),
    [
        (reading(rtc=0), ClockMark(spoken=off(60)), "none", True),
        (reading(rtc=0), ClockMark(spoken=off(SLACK_S)), "rtc", False),
        (reading(kernel=0.1), ClockMark(spoken=off(60)), "ntp", False),
        (reading(kernel=0.1), ClockMark(spoken=off(60), vouched=off(60)), "none", True),
        (reading(gnss=-1.0), ClockMark(vouched=off(3600)), "none", True),
        (reading(), ClockMark(spoken=off(-60)), "none", False),
    ],
)
def test_a_clock_behind_the_ledger_is_nobodys(known: Reading, mark: ClockMark, source: str, wrong: bool) -> None:
    found = provenance(known, mark)
    assert (found.source, found.wrong) == (source, wrong)


def test_a_receiver_behind_what_was_vouched_for_has_counted_its_weeks_wrong() -> None:
    found = provenance(reading(kernel=0.1, gnss=-86_400), ClockMark(vouched=off(-60)))
    assert (found.source, found.disagrees) == ("ntp", False)


def test_hardware_clocks_without_a_battery_are_not_believed() -> None:
    empty = datetime(2000, 1, 1, tzinfo=UTC)
    found = provenance(Reading(empty, None, None, empty), ClockMark())
    assert (found.source, found.wrong) == ("none", True)


@given(READINGS, MARKS)
def test_whatever_is_known(known: Reading, mark: ClockMark) -> None:
    found = provenance(known, mark)
    vouched = found.source in ("gnss", "ntp")
    assert (found.uncertainty_s is not None) == vouched
    if vouched:
        assert found.uncertainty_s is not None and math.isfinite(found.uncertainty_s)
        assert found.uncertainty_s >= min(NTP_LEAST_S, GNSS_LATENCY_S / 2)
        assert found.reference is not None and found.reference.utc == known.wall
        assert not mark.vouched or (mark.vouched - known.wall).total_seconds() <= SLACK_S
    if found.source == "gnss":
        assert known.gnss is not None
        assert abs((known.wall - known.gnss).total_seconds()) <= DISAGREE_S + GNSS_LATENCY_S
    if found.wrong:
        assert found.source == "none"
    if found.disagrees:
        assert found.wrong and known.gnss is not None


@given(READINGS, MARKS, st.floats(0, 1e7))
def test_a_higher_mark_never_makes_a_clock_more_believable(known: Reading, mark: ClockMark, higher_s: float) -> None:
    plus = timedelta(seconds=higher_s)
    higher = ClockMark(mark.spoken and mark.spoken + plus, mark.vouched and mark.vouched + plus)
    ranks = {"none": 0, "rtc": 1, "gnss": 2, "ntp": 2}
    without = Reading(known.wall, known.kernel_error_s, None, known.rtc)  # a receiver may be silenced by a mark
    assert ranks[provenance(without, higher).source] <= ranks[provenance(without, mark).source]


@given(st.floats(0, 16), st.floats(0, 16))
def test_a_surer_kernel_is_never_less_sure(a: float, b: float) -> None:
    sure, unsure = (provenance(reading(kernel=x), ClockMark()).uncertainty_s for x in sorted((a, b)))
    assert sure is not None and unsure is not None and sure <= unsure


@given(st.lists(st.tuples(st.sampled_from(["gnss", "ntp", "rtc", "none"]), INSTANTS)))
def test_the_mark_is_the_last_that_was_spoken_for(stamps: list[tuple[Source, datetime]]) -> None:
    mark = ClockMark()
    for source, at in stamps:
        mark = mark.after(source, at)
    spoken = [at for source, at in stamps if source != "none"]
    vouched = [at for source, at in stamps if source in ("gnss", "ntp")]
    assert mark == ClockMark(spoken[-1] if spoken else None, vouched[-1] if vouched else None)


@given(MAYBE, st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(0.1, 3600))
def test_the_receivers_time_is_carried_on_while_fresh(
    utc: datetime | None, at_s: float, now_s: float, max_age_s: float
) -> None:
    there = gnss_time(Fix(0, 0, None, None, at_s, utc, 3), now_s, max_age_s)
    usable = utc is not None and EARLIEST <= utc < LATEST and now_s - at_s <= max_age_s
    assert (there is not None) == usable
    if there is not None and utc is not None:
        assert (there - utc).total_seconds() == pytest.approx(max(0, now_s - at_s), abs=1e-5)


def test_without_a_fix_there_is_no_time() -> None:
    assert gnss_time(None, 0.0, 30.0) is None
