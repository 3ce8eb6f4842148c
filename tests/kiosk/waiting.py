"""Wait for a condition instead of sleeping for a guess."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(condition: Callable[[], T | None], timeout_s: float = 10.0, every_s: float = 0.02) -> T:
    """The first true answer of `condition`; AssertionError after `timeout_s`."""
    deadline_s = time.monotonic() + timeout_s
    while time.monotonic() < deadline_s:
        if answer := condition():
            return answer
        time.sleep(every_s)
    raise AssertionError(f"nothing within {timeout_s} s")
