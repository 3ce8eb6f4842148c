"""Where the kiosk is, from the receiver's fixes and the surveyed site. Pure.

`place_of` decides the place of every record: the median of the recent fixes of the receiver while they are fresh, else
the surveyed site of the settings or of the agency's policy. `FenceState` decides when the kiosk was carried away.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise, takewhile
from math import asin, cos, radians, sin, sqrt
from statistics import median
from typing import Literal

from sync.contract import Place, PlaceFlag

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the Earth (IUGG, R1)."""

FROZEN_FIXES = 30
"""How many positions in a row must be identical before the receiver counts as frozen: fewer can be chance."""

SPEED_M_S = 50.0
"""The fastest that a kiosk can be carried, on the road or on the river."""

NOISE_M = 20.0
"""How far a position hops between two reports near walls, beyond the error that the receiver estimates."""

NOISE_ERRORS = 3.0
"""How many times the receiver's own error estimate a position may hop in addition."""


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


@dataclass(frozen=True, slots=True)
class TrackLimits:
    """The limits by which fixes are judged."""

    max_age_s: float = 30.0
    """The oldest that the newest fix may be; an older one is stale."""
    median_s: float = 60.0
    """The time span of the fixes whose median is the position."""
    frozen_s: float = 600.0
    """How long an identical position must be repeated before the receiver counts as frozen."""

    @property
    def keep_s(self) -> float:
        """How many seconds of fixes these rules need."""
        return 2 * max(self.median_s, self.frozen_s)


@dataclass(frozen=True, slots=True)
class Position:
    """The median of several fixes (WGS 84, decimal degrees). `error_m` is the median of their estimates, if any."""

    lat: float
    lon: float
    error_m: float | None


@dataclass(frozen=True, slots=True)
class FenceState:
    """Since which monotonic instant the kiosk has been outside without a break, and whether an event has told of it."""

    outside_since_s: float | None = None
    told: bool = False

    def seen(self, place: Place, now_s: float) -> "FenceState":
        """Returns the state after one more place.

        A place without a fix tells nothing: the time outside starts again, and `told` stays.
        """
        if place.source == "site":
            return FenceState(None, self.told)
        if place.inside:
            return FenceState()
        return FenceState(now_s if self.outside_since_s is None else self.outside_since_s, self.told)

    def moved(self, now_s: float, after_s: float) -> bool:
        """Returns whether the kiosk has been outside for `after_s` seconds and no event has told of it."""
        return not self.told and self.outside_since_s is not None and now_s - self.outside_since_s >= after_s


def distance_m(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Great-circle distance in metres of two points in decimal degrees (haversine formula)."""
    phi_a, phi_b = radians(lat_a), radians(lat_b)
    across = sin(radians(lon_b - lon_a) / 2) ** 2
    chord = sin((phi_b - phi_a) / 2) ** 2 + cos(phi_a) * cos(phi_b) * across
    return 2 * EARTH_RADIUS_M * asin(sqrt(min(1.0, chord)))


def recent(track: Sequence[Fix], limits: TrackLimits) -> tuple[Fix, ...]:
    """Returns the newest fix and those at most `median_s` seconds older, oldest first."""
    return tuple(fix for fix in track if track[-1].at_s - fix.at_s <= limits.median_s)


def middle(fixes: Sequence[Fix]) -> Position:
    """Returns the median of latitude and of longitude, so that up to half of the fixes may be far off."""
    here = fixes[-1].lon
    lon = median(
        fix.lon + 360 * round((here - fix.lon) / 360) for fix in fixes
    )  # so that fixes on both sides of the date line are near each other
    errors = [fix.error_m for fix in fixes if fix.error_m is not None]
    return Position(
        lat=median(fix.lat for fix in fixes),
        lon=lon - 360 if lon > 180 else lon + 360 if lon < -180 else lon,
        error_m=median(errors) if errors else None,
    )


def jumped(fixes: Sequence[Fix]) -> bool:
    """Returns whether two fixes in a row are farther apart than a kiosk can be carried in the time between them."""
    return any(distance_m(a.lat, a.lon, b.lat, b.lon) > _plausible_m(a, b) for a, b in pairwise(fixes))


def frozen(track: Sequence[Fix], limits: TrackLimits) -> bool:
    """Returns whether the newest position has been repeated to the last digit for `frozen_s` seconds.

    A receiver with an antenna under the sky never repeats a position so exactly: a simulated or stuck one does.
    """
    here = track[-1].lat, track[-1].lon
    same = list(takewhile(lambda fix: (fix.lat, fix.lon) == here, reversed(track)))
    return len(same) >= FROZEN_FIXES and same[0].at_s - same[-1].at_s >= limits.frozen_s


def place_of(
    track: Sequence[Fix], site: Site, now_s: float, limits: TrackLimits, *, clock_disagrees: bool = False
) -> Place:
    """Returns the place that a record made at `now_s` carries.

    The place is the median of the recent fixes while the newest is at most `max_age_s` seconds old, else the surveyed
    site. Age and satellites are those of the newest fix.

    Flags: `no_fix` when there never was a fix, `stale` when the newest is too old, `outside` when the median lies
    beyond the fence (the fence itself is inside), `jump` as `jumped` says, `frozen` as `frozen` says, and
    `clock_disagrees` as the caller found.

    Args:
        track: the fixes that are kept, oldest first.
        site: the surveyed point and its fence.
        now_s: the monotonic instant of the record, on the clock of `Fix.at_s`.
        limits: the limits by which fixes are judged.
        clock_disagrees: whether the time of the receiver and the wall clock contradict each other.
    """
    if not track:
        return _surveyed(site, "no_fix")
    newest, age_s = track[-1], max(0.0, now_s - track[-1].at_s)
    if age_s > limits.max_age_s:
        return _surveyed(site, "stale")
    here = middle(fixes := recent(track, limits))
    from_site_m = distance_m(site.lat, site.lon, here.lat, here.lon)
    inside = from_site_m <= site.radius_m
    found: dict[PlaceFlag, bool] = {
        "outside": not inside,
        "jump": jumped(fixes),
        "frozen": frozen(track, limits),
        "clock_disagrees": clock_disagrees,
    }
    return Place(
        lat=round(here.lat, 7),
        lon=round(here.lon, 7),
        error_m=None if here.error_m is None else round(here.error_m, 2),
        source="gnss",
        fix_age_s=round(age_s, 2),
        satellites=newest.satellites,
        from_site_m=round(from_site_m, 1),
        inside=inside,
        flags=tuple(flag for flag, raised in found.items() if raised),
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


def _plausible_m(a: Fix, b: Fix) -> float:
    admitted_m = (a.error_m or 0.0) + (b.error_m or 0.0)
    return NOISE_M + NOISE_ERRORS * admitted_m + SPEED_M_S * abs(b.at_s - a.at_s)
