"""Programs that the demo starts beside itself."""

import contextlib
import os
import shutil
import socket
import time
from collections.abc import Callable

from kiosk.errors import KioskError

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
