"""The real daemon as a child process: time to READY, CPU when idle and with people, and memory."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from camera import open_camera
from kiosk import settings as settings_file
from kiosk.app import parts
from kiosk.lab.demo import show
from kiosk.lab.demo.office import Office
from models.assets import AssetStore

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the daemon: seconds to READY, CPU seconds per second after it, resident memory at the end in MiB."""

    ready_s: float
    cpu: float
    rss_mb: float


def idle(folder: Path, seconds: float) -> Run:
    """Run with nobody before the camera, at 10 frames a second."""
    wall = folder / "wall"
    wall.mkdir()
    noise = np.random.default_rng(0).normal(150, 3, (5, 480, 640, 3)).clip(0, 255).astype(np.uint8)
    for number, image in enumerate(noise):
        cv2.imwrite(str(wall / f"{number}.jpg"), image)
    return _run(folder, f"file:{wall}?fps=10&loop=1&realtime=1", seconds)


def busy(folder: Path, seconds: float) -> Run:
    """Run while people come and go, at 30 frames a second."""
    return _run(folder, f"file:{film(folder)}?loop=1&realtime=1", seconds)


def film(folder: Path) -> Path:
    """Write a film of people who come and go: 30 frames a second of 640x480 MJPG, as from a USB camera."""
    photo = AssetStore().path(show.KNOWN)
    path = folder / "people.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30.0, (640, 480))
    with open_camera(f"person:{photo}?seconds=8&yaw=10", mesh_of=parts.mesh_of) as camera:
        while (frame := camera.read()) is not None:
            writer.write(frame.image)
    writer.release()
    return path


def _run(folder: Path, url: str, seconds: float) -> Run:
    data = folder / f"data-{time.monotonic_ns()}"
    data.mkdir()
    with Office(data, ["file:unused"], level="off") as office:  # people in a recorded film do not answer
        text = office.settings.read_text("utf-8").replace(f"queue:{data}/queue.txt", url)
        office.settings.write_text(text, "utf-8")
        show.enrol(settings_file.load(office.settings), AssetStore().path(show.KNOWN))
        with _notify_socket(data) as ready, (data / "log").open("wb") as log:
            began = time.monotonic()
            command = [sys.executable, "-m", "kiosk", "run", "--config", str(office.settings)]
            child = subprocess.Popen(command, stderr=log, env=os.environ | {"NOTIFY_SOCKET": str(data / "notify")})
            try:
                while b"READY=1" not in ready.recv(4096):
                    pass
                ready_s = time.monotonic() - began
                return Run(round(ready_s, 2), *_watch(child.pid, ready, seconds))
            finally:
                child.send_signal(signal.SIGTERM)
                child.wait(10)


def _watch(pid: int, notes: socket.socket, seconds: float) -> tuple[float, float]:
    before, began = _cpu_s(pid), time.monotonic()
    while time.monotonic() - began < seconds:
        notes.recv(4096)  # an unread socket would block the daemon, which writes to it every second
    cpu = (_cpu_s(pid) - before) / (time.monotonic() - began)
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    resident_kb = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    return round(cpu, 4), round(int(resident_kb) / 1024, 1)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@contextlib.contextmanager
def _notify_socket(folder: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(folder / "notify"))
        sock.settimeout(30)
        yield sock
