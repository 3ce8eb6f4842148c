"""Programs that the demo starts beside itself, and a real mosquitto on a free loopback port."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from kiosk.runtime.errors import KioskError

LOOPBACK = "127.0.0.1"
_START_S = 60.0


class ProgramMissingError(KioskError):
    """A program that the demo needs is not installed."""


class ProgramFailedError(KioskError):
    """A program that the demo has started does not do its work."""


def program(name: str, package: str) -> str:
    """The path of a program, also where Debian keeps daemons. ProgramMissingError says how to get it."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}{os.pathsep}/usr/sbin")
    if found is None:
        raise ProgramMissingError(f"{name} is not installed: sudo apt-get install {package}")
    return found


def wait_until_listening(name: str, port: int, running: Callable[[], bool] = lambda: True) -> None:
    """Return once a loopback port accepts connections. ProgramFailedError when the program ends or takes too long."""
    deadline_s = time.monotonic() + _START_S
    while time.monotonic() < deadline_s and running():
        with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
            return
        time.sleep(0.02)
    raise ProgramFailedError(f"{name} does not listen on port {port}; start it by hand to see why")


def free_port() -> int:
    """A TCP port on loopback that nobody listens on just now."""
    with socket.create_server((LOOPBACK, 0)) as server:
        port: int = server.getsockname()[1]
    return port


class Broker:
    """mosquitto as a child, without persistence: a restart has forgotten everything. The port stays the same.

    `extra` lines go into its configuration, which lies in `folder`.
    """

    def __init__(self, folder: Path, extra: str = "allow_anonymous true") -> None:
        self.host, self.port = LOOPBACK, free_port()
        self._config = folder / f"mosquitto-{self.port}.conf"
        self._extra = extra
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return once it accepts connections. ProgramMissingError when mosquitto is not installed."""
        mosquitto = program("mosquitto", "mosquitto")
        lines = [f"listener {self.port} {self.host}", "persistence false", "log_dest none", self._extra]
        self._config.write_text("\n".join(lines) + "\n", "ascii")
        child = self._child = subprocess.Popen([mosquitto, "-c", str(self._config)], stderr=subprocess.DEVNULL)
        wait_until_listening("mosquitto", self.port, lambda: child.poll() is None)

    def stop(self) -> None:
        """End it in order: clients get a DISCONNECT."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Keep its connections open without answering."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Go on after `pause`."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._child is not None:
            self._child.send_signal(number)

    def _end(self, how: signal.Signals) -> None:
        if self._child is not None:
            self._signal(how)
            self.resume()  # a paused one would not hear it
            self._child.wait(10)
            self._child = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
