"""Medians of repeated calls."""

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
    """Time `call` after one warm-up."""
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
    """Median and p95 of seconds."""
    p50, p95 = np.percentile(taken, [50, 95]) * 1e3
    return Timing(round(float(p50), 3), round(float(p95), 3))


def ratio(above: Callable[[], object], below: Callable[[], object], times: int) -> float:
    """How many times longer `above` takes than `below`: the median over pairs taken in turn; noise hits both."""
    above(), below()
    pairs = []
    for _ in range(times):
        began = time.perf_counter()
        above()
        between = time.perf_counter()
        below()
        pairs.append((between - began) / (time.perf_counter() - between))
    return float(np.median(pairs))
