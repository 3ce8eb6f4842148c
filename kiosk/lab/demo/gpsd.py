"""A real gpsd on a free loopback port, fed by gpsfake with the NMEA 0183 track of a receiver that stands still."""

import math
import os
import random
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from kiosk.lab.demo.broker import LOOPBACK, free_port, program, wait_until_listening

SATELLITES = ((2, 62, 41), (5, 38, 118), (11, 17, 203), (13, 74, 330), (15, 29, 287), (20, 45, 15), (25, 12, 156),
              (29, 53, 241), (30, 21, 66))  # fmt: skip
"""Satellites in view, all used: PRN, elevation in degrees, azimuth in degrees."""

_METRES_PER_DEGREE = 111_195.08  # of latitude, on a sphere of radius 6 371 008.8 m
_HDOP, _VDOP, _PDOP = 0.9, 1.3, 1.6
_WANDER_M = 1.2  # standard deviation of the position error, on each axis
_MEMORY = 0.9  # correlation of the position error from one second to the next


def track(lat: float, lon: float, start: datetime, seconds: int) -> str:
    """NMEA 0183 sentences (RMC, GGA, GSA, GSV) of `seconds` seconds at one place, with errors of a metre or two.

    `lat` and `lon` are decimal degrees (WGS 84), `start` has a time zone. The same arguments give the same text. The
    sentences are those of IEC 61162-1.
    """
    noise = random.Random(f"{lat} {lon}")  # noqa: S311 - receiver noise, not a secret
    east_per_degree = _METRES_PER_DEGREE * math.cos(math.radians(lat))
    east, north, lines = 0.0, 0.0, list[str]()
    for second in range(seconds):
        east, north = _wander(east, noise), _wander(north, noise)
        here = lat + north / _METRES_PER_DEGREE, lon + east / east_per_degree
        lines += map(_framed, _second(*here, start + timedelta(seconds=second), noise))
    return "".join(lines)


def _wander(error_m: float, noise: random.Random) -> float:
    return _MEMORY * error_m + noise.gauss(0, _WANDER_M * math.sqrt(1 - _MEMORY**2))


def _second(lat: float, lon: float, at: datetime, noise: random.Random) -> Iterator[str]:
    at = at.astimezone(UTC)
    clock, day = f"{at:%H%M%S}.00", f"{at:%d%m%y}"
    where = f"{_angle(lat, 2, 'NS')},{_angle(lon, 3, 'EW')}"
    yield f"GPRMC,{clock},A,{where},0.0,,{day},,,A"
    yield f"GPGGA,{clock},{where},1,{len(SATELLITES):02d},{_HDOP},{28 + noise.gauss(0, 2):.1f},M,56.0,M,,"
    prns = ",".join(f"{prn:02d}" for prn, _, _ in SATELLITES) + "," * (12 - len(SATELLITES))
    yield f"GPGSA,A,3,{prns},{_PDOP},{_HDOP},{_VDOP}"
    pages = [SATELLITES[first : first + 4] for first in range(0, len(SATELLITES), 4)]
    for number, page in enumerate(pages, 1):
        seen = ",".join(f"{prn:02d},{up:02d},{round_:03d},{noise.randint(28, 45)}" for prn, up, round_ in page)
        yield f"GPGSV,{len(pages)},{number},{len(SATELLITES):02d},{seen}"


def _angle(degrees: float, width: int, signs: str) -> str:
    """An angle as `ddmm.mmmmm,N`: whole degrees in `width` digits, minutes, hemisphere."""
    whole, minutes = divmod(round(abs(degrees) * 60, 5), 60)
    return f"{int(whole):0{width}d}{minutes:08.5f},{signs[degrees < 0]}"


def _framed(sentence: str) -> str:
    """The sentence with `$`, its checksum (XOR of all characters between `$` and `*`) and line end."""
    checksum = 0
    for character in sentence:
        checksum ^= ord(character)
    return f"${sentence}*{checksum:02X}\r\n"


_SENTENCE_S = 0.158  # gpsfake's pause after a sentence: with its own delay, six sentences take a second
_STARTING = timedelta(seconds=1)  # gpsfake's time before the first sentence
_STOP_S = 3.0
_SOCKETS = "/tmp"  # noqa: S108 - the only folder where Debian's AppArmor profile lets gpsd answer gpsfake


class GpsServer:
    """gpsd and gpsfake as child processes. `start` may be called again after `stop`, and uses the same port."""

    def __init__(self, lat: float, lon: float, seconds: int = 3600) -> None:
        self.host, self.port = LOOPBACK, 0
        self._lat, self._lon, self._seconds = lat, lon, seconds
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._child: subprocess.Popen[bytes] | None = None

    def start(self, ahead: timedelta = timedelta()) -> None:
        """Start both programs, with a track that begins now, or `ahead` of now.

        Returns at once; gpsd answers a moment later. Raises ProgramMissingError when a program is missing.
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
        """Wait until gpsd accepts connections. Raises ProgramFailedError when it does not."""
        wait_until_listening("gpsd", self.port)

    def stop(self) -> None:
        """Stop both programs. gpsfake stops its gpsd."""
        if self._child is not None:
            self._child.terminate()
            try:
                self._child.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                os.killpg(self._child.pid, signal.SIGKILL)
                self._child.wait()
            Path(_SOCKETS, f"gpsfake-{self._child.pid}.sock").unlink(missing_ok=True)  # gpsd does not remove it
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
