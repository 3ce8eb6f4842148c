"""Wait for the thing itself instead of for a time. A limit is only there for what never comes."""

import os
import time
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

LIMIT_S: Final = 120.0 * float(os.environ.get("TEST_PATIENCE", "1"))
"""Far more than anything takes on a machine of a quarter of the speed. TEST_PATIENCE multiplies it."""


def wait_for(condition: Callable[[], T | None], what: str = "it", every_s: float = 0.02) -> T:
    """The first true answer of `condition`; AssertionError after LIMIT_S."""
    end_s = time.monotonic() + LIMIT_S
    while time.monotonic() < end_s:
        if answer := condition():
            return answer
        time.sleep(every_s)
    raise AssertionError(f"waited {LIMIT_S:.0f} s in vain for {what}")
