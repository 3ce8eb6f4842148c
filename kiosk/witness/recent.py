"""The meeting point of the receiver and those who ask where the kiosk is: the fixes of the last minutes."""

import threading
from collections import deque

from kiosk.rules.place import Fix


class RecentFixes:
    """The newest fix and those at most `keep_s` seconds older. Any thread may put and get."""

    def __init__(self, keep_s: float) -> None:
        self._keep_s = keep_s
        self._lock = threading.Lock()
        self._fixes: deque[Fix] = deque()

    def put(self, fix: Fix) -> None:
        """Add the newest, and forget what is too old."""
        with self._lock:
            self._fixes.append(fix)
            while fix.at_s - self._fixes[0].at_s > self._keep_s:
                self._fixes.popleft()

    def get(self) -> tuple[Fix, ...]:
        """All of them, oldest first."""
        with self._lock:
            return tuple(self._fixes)

    def newest(self) -> Fix | None:
        """The last one, or None when there never was one."""
        with self._lock:
            return self._fixes[-1] if self._fixes else None
