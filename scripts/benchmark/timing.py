"""Timing of repeated calls."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Timing:
    """Median and 95th percentile in milliseconds."""

    p50_ms: float
    p95_ms: float


def timed(call: Callable[[], object], times: int = 200) -> Timing:
    """Median and 95th percentile of `times` calls, after one warm-up."""
    return summary(seconds(call, times))


def seconds(call: Callable[[], object], times: int) -> list[float]:
    """The seconds each of `times` calls takes, after one warm-up."""
    call()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return taken


def summary(taken: list[float]) -> Timing:
    """Median and 95th percentile of times in seconds."""
    p50, p95 = np.percentile(taken, [50, 95]) * 1e3
    return Timing(round(float(p50), 3), round(float(p95), 3))


def ratio(above: Callable[[], object], below: Callable[[], object], times: int) -> float:
    """How many times as long `above` takes as `below`: the median over pairs of calls made in turn.

    Calls are made in turn so that other load on the machine affects both alike.
    """
    above(), below()
    pairs = []
    for _ in range(times):
        began = time.perf_counter()
        above()
        between = time.perf_counter()
        below()
        pairs.append((between - began) / (time.perf_counter() - between))
    return float(np.median(pairs))
