"""Fixture: a real gpsd whose receiver stands at the office of Sangatta Utara."""

from collections.abc import Iterator

import pytest

from kiosk.demo.gpsd import GpsServer

LAT, LON = 0.504889, 117.546295


@pytest.fixture
def gps_server() -> Iterator[GpsServer]:
    server = GpsServer(LAT, LON, seconds=120)
    try:
        yield server
    finally:
        server.stop()
