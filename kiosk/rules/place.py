"""Where the device stands: a position from the receiver, the surveyed site, and how far they are apart."""

from dataclasses import dataclass
from datetime import datetime
from math import asin, cos, radians, sin, sqrt
from typing import Literal

from sync.contract import Place

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the Earth (IUGG, R1)."""


@dataclass(frozen=True, slots=True)
class Fix:
    """One position of the receiver (WGS 84, decimal degrees)."""

    lat: float
    lon: float
    error_m: float | None
    """Estimated horizontal error in metres; None when the receiver gave no estimate."""
    satellites: int | None
    """Satellites used; None when not reported."""
    at_s: float
    """Monotonic instant of receipt."""
    utc: datetime | None
    """The receiver's own time of this position."""
    mode: int
    """2 for latitude and longitude, 3 with altitude."""


@dataclass(frozen=True, slots=True)
class Site:
    """The surveyed point of the office (WGS 84, decimal degrees) and the radius of its fence in metres."""

    lat: float
    lon: float
    radius_m: float


def distance_m(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Great-circle distance in metres of two points in decimal degrees (haversine formula)."""
    phi_a, phi_b = radians(lat_a), radians(lat_b)
    across = sin(radians(lon_b - lon_a) / 2) ** 2
    chord = sin((phi_b - phi_a) / 2) ** 2 + cos(phi_a) * cos(phi_b) * across
    return 2 * EARTH_RADIUS_M * asin(sqrt(min(1.0, chord)))


def place_of(fix: Fix | None, site: Site, now_s: float, max_age_s: float) -> Place:
    """The place for a record: the fix while it is at most `max_age_s` seconds old, else the surveyed site.

    Flags: `no_fix` when there never was one, `stale` when the last is too old, `outside` when the fix lies beyond the
    fence. The fence itself is inside.
    """
    if fix is None:
        return _surveyed(site, "no_fix")
    age_s = max(0.0, now_s - fix.at_s)
    if age_s > max_age_s:
        return _surveyed(site, "stale")
    from_site_m = distance_m(site.lat, site.lon, fix.lat, fix.lon)
    inside = from_site_m <= site.radius_m
    return Place(
        lat=round(fix.lat, 7),
        lon=round(fix.lon, 7),
        error_m=fix.error_m,
        source="gnss",
        fix_age_s=round(age_s, 2),
        satellites=fix.satellites,
        from_site_m=round(from_site_m, 1),
        inside=inside,
        flags=() if inside else ("outside",),
    )


def _surveyed(site: Site, why: Literal["no_fix", "stale"]) -> Place:
    return Place(
        lat=site.lat,
        lon=site.lon,
        error_m=None,
        source="site",
        fix_age_s=None,
        satellites=None,
        from_site_m=0.0,
        inside=True,
        flags=(why,),
    )
