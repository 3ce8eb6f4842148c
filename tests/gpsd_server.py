"""A real gpsd whose receiver stands at the office of Sangatta Utara, and the reports it would give."""

from collections.abc import Iterator

import pytest

from kiosk.lab.demo.gpsd import GpsServer

LAT, LON = 0.504889, 117.546295
TPV = {"class": "TPV", "device": "d", "mode": 3, "time": "2026-01-05T07:28:03.000Z", "lat": LAT, "lon": LON, "eph": 4.1}
SKY = {"class": "SKY", "device": "d", "satellites": [{"PRN": 1, "used": True}, {"PRN": 2, "used": False}]}


def poll(*tpv: object, sky: object = (SKY,)) -> dict[str, object]:
    return {"class": "POLL", "active": len(tpv), "tpv": list(tpv), "sky": list(sky) if isinstance(sky, tuple) else sky}


@pytest.fixture
def gps_server() -> Iterator[GpsServer]:
    server = GpsServer(LAT, LON)
    try:
        yield server
    finally:
        server.stop()
