"""What a GNSS receiver standing still would say: NMEA 0183 sentences, one set for every second."""

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

SATELLITES = ((2, 62, 41), (5, 38, 118), (11, 17, 203), (13, 74, 330), (15, 29, 287), (20, 45, 15), (25, 12, 156),
              (29, 53, 241), (30, 21, 66))  # fmt: skip
"""Satellites in view and used: PRN, elevation and azimuth in degrees."""

_METRES_PER_DEGREE = 111_195.08  # of latitude, on a sphere of radius 6 371 008.8 m
_HDOP, _VDOP, _PDOP = 0.9, 1.3, 1.6
_WANDER_M = 1.2
_MEMORY = 0.9  # how much of one second's error is still there in the next


def track(lat: float, lon: float, start: datetime, seconds: int) -> str:
    """NMEA 0183 (RMC, GGA, GSA, GSV) of `seconds` seconds at one place, errors of a metre or two.

    `lat`, `lon` in decimal degrees (WGS 84); `start` with its time zone. The same arguments give the same text.
    Source of the sentences: IEC 61162-1, clauses of RMC, GGA, GSA and GSV.
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
    """`ddmm.mmmmm,N`: whole degrees in `width` digits, then minutes, then the hemisphere."""
    whole, minutes = divmod(round(abs(degrees) * 60, 5), 60)
    return f"{int(whole):0{width}d}{minutes:08.5f},{signs[degrees < 0]}"


def _framed(sentence: str) -> str:
    """The sentence with `$`, its checksum (XOR of all characters between `$` and `*`) and line end."""
    checksum = 0
    for character in sentence:
        checksum ^= ord(character)
    return f"${sentence}*{checksum:02X}\r\n"
