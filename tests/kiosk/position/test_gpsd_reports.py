"""What a report of gpsd means, whole or with holes."""

from datetime import UTC, datetime

import pytest

from kiosk.position.gpsd import fix_of
from kiosk.position.place import Fix
from tests.gpsd_server import LAT, LON, SKY, TPV, poll


def test_a_whole_report() -> None:
    utc = datetime(2026, 1, 5, 7, 28, 3, tzinfo=UTC)
    assert fix_of(poll(TPV), 5.0) == Fix(LAT, LON, 4.1, 1, 5.0, utc, 3)


@pytest.mark.parametrize(
    ("fields", "error_m"),
    [
        ({"eph": 4.1, "epx": 2.0, "epy": 3.0}, 4.1),
        ({"eph": None, "epx": 2.0, "epy": 3.0}, 3.0),
        ({"eph": 0, "epx": 0, "epy": 0}, None),
        ({"eph": "near", "epx": True}, None),
        ({"eph": float("nan")}, None),
    ],
)
def test_the_error_is_an_estimate_or_unknown(fields: dict[str, object], error_m: float | None) -> None:
    fix = fix_of(poll(TPV | fields), 0.0)
    assert fix is not None
    assert fix.error_m == error_m


@pytest.mark.parametrize("change", [{"time": None}, {"time": 7}, {"time": "yesterday"}])
def test_a_fix_without_time(change: dict[str, object]) -> None:
    fix = fix_of(poll(TPV | change), 0.0)
    assert fix is not None and fix.utc is None


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"tpv": None},
        {"tpv": 3},
        poll(),
        poll(None),
        poll(TPV | {"mode": 1}),
        poll(TPV | {"mode": "3"}),
        poll(TPV | {"lat": None}),
        poll(TPV | {"lon": "117"}),
        poll(TPV | {"lat": 91.0}),
        poll(TPV | {"lon": float("inf")}),
        poll({key: value for key, value in TPV.items() if key != "lat"}),
    ],
)
def test_no_position_is_no_fix(answer: dict[str, object]) -> None:
    assert fix_of(answer, 0.0) is None


@pytest.mark.parametrize(
    "sky", [None, (), 4, ({"device": "d"},), ({"device": "d", "satellites": [None]},), (SKY | {"device": 2},)]
)
def test_satellites_unknown(sky: object) -> None:
    fix = fix_of(poll(TPV, sky=sky), 0.0)
    assert fix is not None and fix.satellites is None


def test_of_two_receivers_the_better_one() -> None:
    other = TPV | {"device": "e", "mode": 1, "lat": 3.0}
    fix = fix_of(poll(TPV, other), 0.0)
    assert fix is not None and fix.lat == LAT
