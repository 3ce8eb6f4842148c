"""The NMEA 0183 track of the demo's receiver."""

from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from functools import reduce
from operator import xor

import pytest

from kiosk.lab.demo.gpsd import StandingReceiver
from kiosk.position.place import distance_m
from tests.gpsd_server import LAT, LON

START = datetime(2026, 1, 4, 23, 59, 58, tzinfo=UTC)


def track(lat: float, lon: float, start: datetime, seconds: int) -> str:
    """What a receiver says in so many seconds."""
    receiver = StandingReceiver(lat, lon)
    return "".join(receiver.sentences(start + timedelta(seconds=second)) for second in range(seconds))


def _degrees(angle: str, sign: str) -> float:
    whole, minutes = divmod(float(angle), 100)
    return (whole + minutes / 60) * (-1 if sign in "SW" else 1)


def test_every_sentence_carries_its_checksum() -> None:
    lines = track(LAT, LON, START, 5).split("\r\n")
    assert lines.pop() == "" and len(lines) == 30
    for line in lines:
        body, _, checksum = line.removeprefix("$").partition("*")
        assert int(checksum, 16) == reduce(xor, body.encode())


def test_known_checksum_and_numbers() -> None:
    """The checksum of one sentence, computed by hand with the rule of NMEA 0183."""
    gsa = next(line for line in track(LAT, LON, START, 1).splitlines() if "GSA" in line)
    assert gsa == "$GPGSA,A,3,02,05,11,13,15,20,25,29,30,,,,1.6,0.9,1.3*32"


def test_a_set_for_each_second_over_midnight() -> None:
    lines = track(LAT, LON, START, 4).splitlines()
    assert Counter(line[3:6] for line in lines) == {"RMC": 4, "GGA": 4, "GSA": 4, "GSV": 12}
    stamps = [(f[1], f[9]) for f in (line.split(",") for line in lines) if f[0] == "$GPRMC"]
    assert stamps == [
        ("235958.00", "040126"),
        ("235959.00", "040126"),
        ("000000.00", "050126"),
        ("000001.00", "050126"),
    ]


def test_time_is_said_in_utc() -> None:
    wita = timezone(timedelta(hours=8))
    assert track(LAT, LON, START.astimezone(wita), 2) == track(LAT, LON, START, 2)


@pytest.mark.parametrize(("lat", "lon"), [(LAT, LON), (-0.504889, -117.546295), (59.99999999, 179.99999)])
def test_noise_is_of_metres_and_never_frozen(lat: float, lon: float) -> None:
    fields = [line.split(",") for line in track(lat, lon, START, 300).splitlines() if "GGA" in line]
    places = [(_degrees(f[2], f[3]), _degrees(f[4], f[5])) for f in fields]
    errors = [distance_m(lat, lon, *place) for place in places]
    assert len(set(places)) > 290
    assert max(errors) < 8
    assert 0.5 < sum(errors) / len(errors) < 3
