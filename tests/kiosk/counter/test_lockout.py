"""When PINs are locked and the way is paused, whatever somebody tries."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.counter.lockout import (
    LOCK_AFTER,
    LOCK_S,
    PAUSE_AFTER,
    PAUSE_S,
    PAUSE_WITHIN_S,
    PinAttempt,
    locked_until_s,
    paused_until_s,
)

PEOPLE = st.sampled_from(["siti", "budi", None])
GUESSES = st.lists(st.tuples(st.floats(0.1, 600), PEOPLE), min_size=1, max_size=120)


def looked_at(guesses: list[tuple[float, str | None]]) -> list[PinAttempt]:
    """The wrong guesses of which anybody takes notice; each so many seconds after the one before."""
    at_s, tries = 0.0, list[PinAttempt]()
    for after_s, person in guesses:
        at_s += after_s
        locked = person is not None and at_s < locked_until_s(tries, person)
        if not locked and at_s >= paused_until_s(tries):
            tries.append(PinAttempt(at_s, person, right=False))
    return tries


def most_within(times: list[float], span_s: float) -> int:
    """The most of these in any span of so many seconds, its end not included."""
    return max((sum(begin <= at < begin + span_s for at in times) for begin in times), default=0)


@given(GUESSES)
def test_nobody_guesses_a_persons_pin_more_than_five_times_in_a_quarter_of_an_hour(
    guesses: list[tuple[float, str | None]],
) -> None:
    tries = looked_at(guesses)
    for person in ("siti", "budi"):
        assert most_within([tried.at_s for tried in tries if tried.person == person], LOCK_S) <= LOCK_AFTER


@given(GUESSES)
def test_after_ten_wrong_ones_in_five_minutes_only_one_a_minute_is_looked_at(
    guesses: list[tuple[float, str | None]],
) -> None:
    times = [tried.at_s for tried in looked_at(guesses)]
    for number, (before, at) in enumerate(pairwise(times), 1):
        ten = times[max(0, number - PAUSE_AFTER) : number]
        if len(ten) == PAUSE_AFTER and before - ten[0] <= PAUSE_WITHIN_S:
            assert at - before >= PAUSE_S


def wrong(*at_s: float, person: str | None = "siti") -> list[PinAttempt]:
    return [PinAttempt(at, person, right=False) for at in at_s]


def test_the_fifth_in_a_row_locks_one_person_for_a_quarter_of_an_hour() -> None:
    assert locked_until_s(wrong(0, 1, 2, 3), "siti") == float("-inf")
    five = wrong(0, 10, 2000, 2001, 2002)
    assert locked_until_s(five, "siti") == 2002 + LOCK_S
    assert locked_until_s(five, "budi") == float("-inf")
    assert locked_until_s([*five, *wrong(3000, 3001, 3002, 3003)], "siti") == 2002 + LOCK_S


@pytest.mark.parametrize("place", range(6))
def test_a_right_one_ends_the_row(place: int) -> None:
    tries = wrong(0, 1, 2, 3, 4)
    tries.insert(place, PinAttempt(place - 0.5, "siti", right=True))
    assert (locked_until_s(tries, "siti") > 0) is (place == 0)


@pytest.mark.parametrize(
    ("times", "until_s"),
    [
        ([30 * number for number in range(9)], float("-inf")),
        ([30 * number for number in range(10)], 270 + PAUSE_S),
        ([40 * number for number in range(10)], float("-inf")),
        ([*range(10), 100], 100 + PAUSE_S),
        ([*range(10), 301], 301 + PAUSE_S),
        ([*range(10), 302], float("-inf")),
    ],
)
def test_the_way_is_paused_for_everybody(times: list[float], until_s: float) -> None:
    assert paused_until_s(wrong(*times, person=None)) == until_s
