"""A real gpsd on a free loopback port, and the NMEA 0183 sentences of a receiver that stands still."""

import math
import random
import socket
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
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


class StandingReceiver:
    """A receiver that stands at one place: its sentences have errors of a metre or two, the same for each of its kind.

    `lat` and `lon` are decimal degrees (WGS 84). The sentences are those of IEC 61162-1.
    """

    def __init__(self, lat: float, lon: float) -> None:
        self._lat, self._lon = lat, lon
        self._east_per_degree = _METRES_PER_DEGREE * math.cos(math.radians(lat))
        self._noise = random.Random(f"{lat} {lon}")  # noqa: S311 - receiver noise, not a secret
        self._east = self._north = 0.0

    def sentences(self, at: datetime) -> str:
        """The NMEA 0183 sentences (RMC, GGA, GSA, GSV) of one second. `at` has a time zone."""
        self._east, self._north = _wander(self._east, self._noise), _wander(self._north, self._noise)
        here = self._lat + self._north / _METRES_PER_DEGREE, self._lon + self._east / self._east_per_degree
        return "".join(map(_framed, _second(*here, at, self._noise)))


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


_STOP_S = 3.0


class GpsServer:
    """gpsd as a child process, and a receiver that sends it the sentences of each second when that second begins.

    So the receiver's time is right on a machine that is busy too. `start` may be called again after `stop`, and uses
    the same port.
    """

    def __init__(self, lat: float, lon: float) -> None:
        self.host, self.port = LOOPBACK, 0
        self._receiver = StandingReceiver(lat, lon)
        self._child: subprocess.Popen[bytes] | None = None
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, ahead: timedelta = timedelta()) -> None:
        """Start gpsd, and a receiver whose time is right, or `ahead` of that.

        Returns at once; gpsd answers a moment later. Raises ProgramMissingError when gpsd is missing.
        """
        gpsd = program("gpsd", "gpsd")
        self.port = self.port or free_port()
        source = free_port()
        command = [gpsd, "-N", "-n", "-S", str(self.port), f"udp://{LOOPBACK}:{source}"]
        self._child = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        self._stopped.clear()
        self._thread = threading.Thread(target=self._send, args=(source, ahead), name="receiver")
        self._thread.start()

    def wait_until_up(self) -> None:
        """Wait until gpsd accepts connections. Raises ProgramFailedError when it does not."""
        wait_until_listening("gpsd", self.port)

    def stop(self) -> None:
        """Stop the receiver and gpsd."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._child is not None:
            self._child.terminate()
            try:
                self._child.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
            self._child = None

    def _send(self, port: int, ahead: timedelta) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            while not self._stopped.is_set():
                now = datetime.now(UTC) + ahead
                line.sendto(self._receiver.sentences(now.replace(microsecond=0)).encode("ascii"), (LOOPBACK, port))
                self._stopped.wait(1.0 - (datetime.now(UTC) + ahead).microsecond / 1e6)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
