"""The waits between two tries: doubling, capped, drawn at random, and short again after a success."""

import random

from sync.backoff import Backoff


def longest(_low: float, high: float) -> float:
    return high


def test_the_waits_double_up_to_the_most_and_begin_anew_after_a_reset() -> None:
    backoff = Backoff(0.5, 30, draw=longest)
    assert [backoff.next_s() for _ in range(9)] == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    backoff.reset()
    assert [backoff.next_s() for _ in range(2)] == [0.5, 1]


def test_each_wait_is_drawn_from_the_upper_half_of_its_range() -> None:
    drawn: list[tuple[float, float]] = []

    def draw(low: float, high: float) -> float:
        drawn.append((low, high))
        return low

    backoff = Backoff(1, 60, draw)
    assert [backoff.next_s() for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert drawn == [(0.5, 1), (1, 2), (2, 4), (4, 8), (8, 16), (16, 32), (30, 60), (30, 60)]


def test_two_kiosks_do_not_wait_equally_long() -> None:
    waits = [Backoff(1, 60, random.Random(seed).uniform).next_s() for seed in range(20)]
    assert len(set(waits)) == len(waits)
    assert all(0.5 <= wait <= 1 for wait in waits)
