import math

import pytest

from kiosk.position.place import EARTH_RADIUS_M, Fix, Site, TrackLimits, distance_m, place_of
from tests.gpsd_server import LAT, LON

SITE = Site(LAT, LON, 50.0)
LIMITS = TrackLimits(max_age_s=30.0)


def fix(lat: float = LAT, lon: float = LON, at_s: float = 100.0) -> Fix:
    return Fix(lat, lon, error_m=4.1, satellites=9, at_s=at_s, utc=None, mode=3)


@pytest.mark.parametrize(
    ("lat", "lon", "metres", "inside"),
    [
        (0.50532967, LON, 49.0, True),
        (0.50534765, LON, 51.0, False),
        (0.50668764, LON, 200.0, False),
        (LAT, LON, 0.0, True),
    ],
)
def test_geofence_vectors(lat: float, lon: float, metres: float, inside: bool) -> None:
    assert distance_m(LAT, LON, lat, lon) == pytest.approx(metres, abs=0.01)
    place = place_of([fix(lat, lon)], SITE, 100.0, LIMITS)
    assert place.from_site_m == pytest.approx(metres, abs=0.05)
    assert place.inside is inside
    assert place.flags == (() if inside else ("outside",))


def test_the_edge_of_the_fence_belongs_to_it() -> None:
    lon = 117.54674468
    edge_m = distance_m(LAT, LON, LAT, lon)
    assert edge_m == pytest.approx(50.0, abs=0.01)
    assert place_of([fix(LAT, lon)], Site(LAT, LON, edge_m), 100.0, LIMITS).inside
    assert not place_of([fix(LAT, lon)], Site(LAT, LON, math.nextafter(edge_m, 0)), 100.0, LIMITS).inside


@pytest.mark.parametrize(
    ("here", "there", "turns"),
    [((0, 0), (0, 180), 0.5), ((90, 0), (-90, 0), 0.5), ((0, 179), (0, -179), 2 / 360), ((0, 0), (1, 0), 1 / 360)],
)
def test_distances_around_the_globe(here: tuple[float, float], there: tuple[float, float], turns: float) -> None:
    assert distance_m(*here, *there) == pytest.approx(turns * 2 * math.pi * EARTH_RADIUS_M, rel=1e-9)


def test_a_fresh_fix_is_the_place() -> None:
    place = place_of([fix(at_s=100.0)], SITE, 100.4, LIMITS)
    assert (place.lat, place.lon, place.error_m, place.satellites) == (LAT, LON, 4.1, 9)
    assert (place.source, place.fix_age_s, place.flags) == ("gnss", 0.4, ())


@pytest.mark.parametrize(
    ("known", "now_s", "source", "flags"),
    [
        (None, 100.0, "site", ("no_fix",)),
        (fix(), 130.0, "gnss", ()),
        (fix(), 130.1, "site", ("stale",)),
        (fix(1.0, 1.0), 130.1, "site", ("stale",)),
        (fix(), 99.9, "gnss", ()),
    ],
)
def test_without_a_fresh_fix_the_site_is_the_place(
    known: Fix | None, now_s: float, source: str, flags: tuple[str, ...]
) -> None:
    place = place_of([] if known is None else [known], SITE, now_s, LIMITS)
    assert (place.source, place.flags) == (source, flags)
    if source == "site":
        assert (place.lat, place.lon, place.from_site_m, place.inside) == (LAT, LON, 0.0, True)
        assert (place.error_m, place.fix_age_s, place.satellites) == (None, None, None)


def test_unknown_error_and_satellites_stay_unknown() -> None:
    place = place_of([Fix(LAT, LON, None, None, 100.0, None, 2)], SITE, 100.0, LIMITS)
    assert (place.error_m, place.satellites, place.source) == (None, None, "gnss")
