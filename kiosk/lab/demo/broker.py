"""Child programs of the demo, and a real mosquitto on a free loopback port."""

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
    """A program that the demo has started does not listen on its port."""


def program(name: str, package: str) -> str:
    """The path of a program, searched in PATH and /usr/sbin. Raises ProgramMissingError, which names its package."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}{os.pathsep}/usr/sbin")
    if found is None:
        raise ProgramMissingError(f"{name} is not installed: sudo apt-get install {package}")
    return found


def wait_until_listening(name: str, port: int, running: Callable[[], bool] = lambda: True) -> None:
    """Wait until a loopback port accepts connections. Raises ProgramFailedError when the program ends or is too
    slow."""
    deadline_s = time.monotonic() + _START_S
    while time.monotonic() < deadline_s and running():
        with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
            return
        time.sleep(0.02)
    raise ProgramFailedError(f"{name} does not listen on port {port}; start it by hand to see why")


def free_port() -> int:
    """A TCP port on loopback that is free now."""
    with socket.create_server((LOOPBACK, 0)) as server:
        port: int = server.getsockname()[1]
    return port


class Broker:
    """mosquitto as a child process. It keeps nothing over a restart but its port.

    The configuration is written to `folder`; `extra` lines are added to it.
    """

    def __init__(self, folder: Path, extra: str = "allow_anonymous true") -> None:
        self.host, self.port = LOOPBACK, free_port()
        self._config = folder / f"mosquitto-{self.port}.conf"
        self._extra = extra
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start mosquitto and wait until it accepts connections. Raises ProgramMissingError or ProgramFailedError."""
        mosquitto = program("mosquitto", "mosquitto")
        lines = [f"listener {self.port} {self.host}", "persistence false", "log_dest none", self._extra]
        self._config.write_text("\n".join(lines) + "\n", "ascii")
        child = self._child = subprocess.Popen([mosquitto, "-c", str(self._config)], stderr=subprocess.DEVNULL)
        wait_until_listening("mosquitto", self.port, lambda: child.poll() is None)

    def stop(self) -> None:
        """Stop mosquitto with SIGTERM: clients get a DISCONNECT."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Stop mosquitto with SIGKILL, as a power cut would."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Suspend mosquitto: connections stay open, and nothing is answered."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Continue after `pause`."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._child is not None:
            self._child.send_signal(number)

    def _end(self, how: signal.Signals) -> None:
        if self._child is not None:
            self._signal(how)
            self.resume()  # a suspended process does not act on SIGTERM
            self._child.wait(10)
            self._child = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
