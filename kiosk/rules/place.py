"""A position of the receiver, the surveyed site, and how far two points are apart."""

from dataclasses import dataclass
from datetime import datetime
from math import asin, cos, radians, sin, sqrt

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
