"""What a short history of fixes shows: the median, jumps, and a frozen receiver."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.position.gpsd import RecentFixes
from kiosk.position.place import (
    FROZEN_FIXES,
    FenceState,
    Fix,
    Site,
    TrackLimits,
    distance_m,
    frozen,
    jumped,
    middle,
    place_of,
    recent,
)
from tests.gpsd_server import LAT, LON

SITE = Site(LAT, LON, 50.0)
LIMITS = TrackLimits(max_age_s=30.0, median_s=60.0, frozen_s=600.0)
M = 1 / 111_195.08  # degrees of latitude in a metre

FIXES = st.builds(
    Fix,
    lat=st.floats(-90, 90),
    lon=st.floats(-180, 180),
    error_m=st.none() | st.floats(0.1, 1e6),
    satellites=st.none() | st.integers(0, 60),
    at_s=st.floats(0, 2000),
    utc=st.none(),
    mode=st.sampled_from([2, 3]),
)
TRACKS = st.lists(FIXES, min_size=1, max_size=40).map(lambda fixes: sorted(fixes, key=lambda fix: fix.at_s))


def fix(at_s: float, north_m: float = 0.0, error_m: float | None = 4.0) -> Fix:
    return Fix(LAT + north_m * M, LON, error_m, 9, at_s, None, 3)


def noisy(seconds: int) -> list[Fix]:
    """Returns the fixes of a receiver that stands still: they differ by a metre and never repeat in a row."""
    return [fix(float(s), math.sin(s)) for s in range(seconds)]


@given(TRACKS, st.floats(0, 3000), st.booleans())
def test_every_track_has_a_place_and_flags_that_are_true(track: list[Fix], now_s: float, disagrees: bool) -> None:
    place = place_of(track, SITE, now_s, LIMITS, clock_disagrees=disagrees)
    if now_s - track[-1].at_s > LIMITS.max_age_s:
        assert (place.source, place.flags) == ("site", ("stale",))
        return
    assert place.source == "gnss"
    assert ("outside" in place.flags) == (not place.inside)
    assert ("clock_disagrees" in place.flags) == disagrees
    assert ("jump" in place.flags) == jumped(recent(track, LIMITS))
    assert ("frozen" in place.flags) == frozen(track, LIMITS)
    assert not {"stale", "no_fix"} & set(place.flags)


@given(TRACKS)
def test_the_middle_lies_among_the_fixes(track: list[Fix]) -> None:
    here = middle(track)
    assert min(f.lat for f in track) <= here.lat <= max(f.lat for f in track)
    assert -180 <= here.lon <= 180
    known = [f.error_m for f in track if f.error_m is not None]
    assert (here.error_m is None) == (not known)


def test_less_than_half_wild_fixes_do_not_move_the_middle() -> None:
    track = [fix(float(s), 5000.0 if s % 5 == 0 else 1.0) for s in range(60)]
    place = place_of(track, SITE, 59.0, LIMITS)
    assert (place.inside, place.from_site_m) == (True, 1.0)
    assert place.flags == ("jump",)


def test_the_middle_of_both_sides_of_the_date_line_is_near() -> None:
    track = [replace(fix(float(n)), lon=lon) for n, lon in enumerate([179.9999, -179.9999, 179.9998, -179.9998])]
    here = middle(track)
    assert distance_m(here.lat, here.lon, LAT, 180.0) < 25


def test_only_the_window_counts() -> None:
    track = [fix(0.0, 5000.0), *(fix(100.0 + s) for s in range(10))]
    assert recent(track, LIMITS) == tuple(track[1:])
    assert place_of(track, SITE, 110.0, LIMITS).flags == ()


@pytest.mark.parametrize(
    ("metres", "seconds", "error_m", "jump"),
    [(60, 1, 4.0, False), (100, 1, 4.0, True), (100, 1, 20.0, False), (69, 1, None, False), (71, 1, None, True),
     (2900, 58, 4.0, False), (3500, 58, 4.0, True)],
)  # fmt: skip
def test_a_jump_is_farther_than_anything_moves(
    metres: float, seconds: float, error_m: float | None, jump: bool
) -> None:
    assert jumped([fix(0.0, error_m=error_m), fix(seconds, metres, error_m)]) is jump


def test_a_receiver_that_repeats_itself_for_minutes_is_frozen() -> None:
    still = [fix(float(s)) for s in range(601)]
    assert frozen(still, LIMITS)
    assert not frozen(still[1:], LIMITS), "not yet"
    assert not frozen([*still, fix(601.0, 0.01)], LIMITS), "a centimetre is life"
    assert not frozen(noisy(700), LIMITS)
    assert not frozen([fix(s * 601.0 / (FROZEN_FIXES - 2)) for s in range(FROZEN_FIXES - 1)], LIMITS), "too few"


@given(st.integers(1, 700), st.integers(1, 60), st.floats(1, 600))
def test_frozen_exactly_when_count_and_time_are_reached(count: int, every_s: int, frozen_s: float) -> None:
    track = [fix(-1.0, 5.0), *(fix(float(n * every_s)) for n in range(count))]
    expected = count >= FROZEN_FIXES and (count - 1) * every_s >= frozen_s
    assert frozen(track, replace(LIMITS, frozen_s=frozen_s)) is expected


def test_enough_is_kept_for_the_rules_and_no_more() -> None:
    fixes = RecentFixes(LIMITS.keep_s)
    assert (fixes.get(), fixes.newest()) == ((), None)
    for second in range(3000):
        fixes.put(fix(float(second)))
    kept = fixes.get()
    assert frozen(kept, LIMITS)
    assert len(kept) <= LIMITS.keep_s + 1
    assert fixes.newest() == kept[-1] == fix(2999.0)


def told(place_by_second: list[Fix | None], after_s: float) -> list[int]:
    """Returns the seconds at which `moved` is true; None stands for a second without a position."""
    state, found = FenceState(), []
    for second, here in enumerate(place_by_second):
        place = place_of([] if here is None else [replace(here, at_s=float(second))], SITE, float(second), LIMITS)
        state = state.seen(place, float(second))
        if state.moved(float(second), after_s):
            state = FenceState(float(second), told=True)
            found.append(second)
    return found


HERE, AWAY = fix(0.0), fix(0.0, 200.0)


def test_moved_is_told_once_until_it_was_back() -> None:
    assert told([HERE, *[AWAY] * 20], 5) == [6]
    assert told([*[AWAY] * 10, HERE, *[AWAY] * 10], 5) == [5, 16]
    assert told([AWAY, AWAY, AWAY, HERE] * 20, 5) == []
    assert told([*[AWAY] * 4, None, *[AWAY] * 10], 5) == [10], "without a position nothing is known"
    assert told([*[AWAY] * 6, None, *[AWAY] * 20], 5) == [5], "and nothing is told again"


@given(st.lists(st.sampled_from([HERE, AWAY, None]), max_size=80), st.integers(1, 20))
def test_moved_only_after_so_long_outside_and_never_twice_without_return(places: list[Fix | None], after: int) -> None:
    seconds = told(places, after)
    for second in seconds:
        assert places[second - after : second + 1] == [AWAY] * (after + 1)
    for first, again in pairwise(seconds):
        assert HERE in places[first:again]
