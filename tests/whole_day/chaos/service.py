"""A child process that is started again whenever it ends, as systemd would."""

import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_RESTART_S: Final = 0.5


class Service:
    """Runs `command(n)`, n being how often it was started, with one log of all its starts.

    `ended` counts the ends that nobody asked for.
    """

    def __init__(self, command: Callable[[int], Sequence[str]], log: Path) -> None:
        self.log = log
        self.ended = 0
        self._command = command
        self._starts = 0
        self._child: subprocess.Popen[bytes] | None = None
        self._again_s = 0.0

    def start(self) -> None:
        """Begin; does not wait."""
        self._starts += 1
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(self._command(self._starts), stdout=log, stderr=log)

    def kill(self) -> None:
        """SIGKILL; it stays away until `start`."""
        if self._child is not None:
            self._child.kill()
            self._child.wait(10)
            self._child = None

    def stop(self) -> int:
        """SIGTERM: the exit status."""
        assert self._child is not None
        self._child.terminate()
        status = self._child.wait(20)
        self._child = None
        return status

    def tend(self) -> None:
        """Start it again, a moment after it has ended by itself."""
        if self._child is None or self._child.poll() is None:
            return
        if self._again_s == 0:
            self.ended += 1
            self._again_s = time.monotonic() + _RESTART_S
        elif time.monotonic() >= self._again_s:
            self._again_s = 0
            self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
