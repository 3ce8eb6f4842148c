"""The lock on the ledger's files: many processes may share them, and only one alone may replace them."""

import fcntl
import os
import time
from pathlib import Path
from typing import Final

from sync.errors import StoreBusy
from sync.store.database import translate_errors

_RETRY_S: Final = 0.05


class FileLock:
    """An advisory lock (flock) on a file of its own, given back when the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def share(self) -> None:
        """Hold the lock together with others; waits while one process holds it alone, and gives that up if held."""
        with translate_errors(self._path):
            fcntl.flock(self._opened(), fcntl.LOCK_SH)

    def take_alone(self, wait_s: float) -> None:
        """Hold the lock alone.

        Raises:
            StoreBusy: others still held it after `wait_s`.
        """
        end_s = time.monotonic() + wait_s
        with translate_errors(self._path):
            descriptor = self._opened()
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    if time.monotonic() >= end_s:
                        raise StoreBusy(
                            f"another process uses the ledger beside {self._path}: stop it, or wait for it to end"
                        ) from None
                    time.sleep(_RETRY_S)
                else:
                    return

    def release(self) -> None:
        """Give the lock back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _opened(self) -> int:
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        return self._descriptor
