"""Programs that the demo starts beside itself."""

import os
import shutil
import socket

from kiosk.errors import KioskError

LOOPBACK = "127.0.0.1"


class ProgramMissingError(KioskError):
    """A program that the demo needs is not installed."""


def program(name: str, package: str) -> str:
    """The path of a program, also where Debian keeps daemons. ProgramMissingError says how to get it."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}{os.pathsep}/usr/sbin")
    if found is None:
        raise ProgramMissingError(f"{name} is not installed: sudo apt-get install {package}")
    return found


def free_port() -> int:
    """A TCP port on loopback that nobody listens on just now."""
    with socket.create_server((LOOPBACK, 0)) as server:
        port: int = server.getsockname()[1]
    return port
