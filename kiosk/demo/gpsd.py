"""A real gpsd on a free loopback port, fed by gpsfake with the track of a receiver standing still."""

import os
import signal
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from kiosk.demo.children import LOOPBACK, free_port, program, wait_until_listening
from kiosk.demo.nmea import track

_SENTENCE_S = 0.158  # gpsfake's pause; with its own delay six sentences take a second
_STARTING = timedelta(seconds=1)  # and what it needs before the first
_STOP_S = 3.0
_SOCKETS = "/tmp"  # noqa: S108 - the only folder where Debian's AppArmor profile lets gpsd answer gpsfake


class GpsServer:
    """gpsd and gpsfake as children of this process. `start` may be called again after `stop`, on the same port."""

    def __init__(self, lat: float, lon: float, seconds: int = 3600) -> None:
        self.host, self.port = LOOPBACK, 0
        self._lat, self._lon, self._seconds = lat, lon, seconds
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._child: subprocess.Popen[bytes] | None = None

    def start(self, ahead: timedelta = timedelta()) -> None:
        """Start feeding from now on, or as if it were so much later; returns at once, gpsd answers a moment later.

        Raises ProgramMissingError when a program is missing.
        """
        gpsfake = program("gpsfake", "gpsd-clients")
        program("gpsd", "gpsd")
        self.port = self.port or free_port()
        self._folder = tempfile.TemporaryDirectory(prefix="kiosk-gpsd-")
        path = Path(self._folder.name, "track.nmea")
        begin = datetime.now(UTC) + ahead + _STARTING
        path.write_text(track(self._lat, self._lon, begin, self._seconds), "ascii", newline="")
        options = ["-1", "-q", "-n", "-u", "-S", "-P", str(self.port), "-c", str(_SENTENCE_S), str(path)]
        self._child = subprocess.Popen(
            [gpsfake, *options],
            env=os.environ | {"TMPDIR": _SOCKETS},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def wait_until_up(self) -> None:
        """Return once gpsd accepts connections. ProgramFailedError when it does not."""
        wait_until_listening("gpsd", self.port)

    def stop(self) -> None:
        """Stop both programs; gpsfake takes its gpsd along."""
        if self._child is not None:
            self._child.terminate()
            try:
                self._child.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                os.killpg(self._child.pid, signal.SIGKILL)
                self._child.wait()
            Path(_SOCKETS, f"gpsfake-{self._child.pid}.sock").unlink(missing_ok=True)  # gpsd leaves it
            self._child = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
