"""What a short history of fixes tells that one cannot: where the kiosk is, and whether its receiver can be believed."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from statistics import median

from kiosk.rules.place import Fix, distance_m

FROZEN_FIXES = 30
"""So few identical positions can be chance."""

SPEED_M_S = 50.0
"""Nobody carries a kiosk faster, on the road or on the river."""

NOISE_M = 20.0
"""How far a position hops between two reports near walls, beyond what the receiver admits."""

NOISE_ERRORS = 3.0
"""And how many times its own error estimate."""


@dataclass(frozen=True, slots=True)
class TrackLimits:
    """How old the newest fix may be, how much of the past is averaged, and how long standing still is natural."""

    max_age_s: float = 30.0
    median_s: float = 60.0
    frozen_s: float = 600.0

    @property
    def keep_s(self) -> float:
        """How much of the past the rules need."""
        return 2 * max(self.median_s, self.frozen_s)


@dataclass(frozen=True, slots=True)
class Position:
    """The middle of several fixes (WGS 84, decimal degrees); `error_m` is the median of their estimates, if any."""

    lat: float
    lon: float
    error_m: float | None


def recent(track: Sequence[Fix], limits: TrackLimits) -> tuple[Fix, ...]:
    """The fixes of the last `median_s` seconds before the newest, which is among them."""
    return tuple(fix for fix in track if track[-1].at_s - fix.at_s <= limits.median_s)


def middle(fixes: Sequence[Fix]) -> Position:
    """The median of latitude and of longitude: half of the fixes may be wild."""
    here = fixes[-1].lon
    lon = median(fix.lon + 360 * round((here - fix.lon) / 360) for fix in fixes)  # the date line has two sides
    errors = [fix.error_m for fix in fixes if fix.error_m is not None]
    return Position(
        lat=median(fix.lat for fix in fixes),
        lon=lon - 360 if lon > 180 else lon + 360 if lon < -180 else lon,
        error_m=median(errors) if errors else None,
    )


def jumped(fixes: Sequence[Fix]) -> bool:
    """Whether two fixes in a row are farther apart than anything moves in the time between."""
    return any(distance_m(a.lat, a.lon, b.lat, b.lon) > _plausible_m(a, b) for a, b in pairwise(fixes))


def frozen(track: Sequence[Fix], limits: TrackLimits) -> bool:
    """Whether the newest position is repeated to the last digit, as no antenna under a sky would say it."""
    here = track[-1].lat, track[-1].lon
    same = list(takewhile(lambda fix: (fix.lat, fix.lon) == here, reversed(track)))
    return len(same) >= FROZEN_FIXES and same[0].at_s - same[-1].at_s >= limits.frozen_s


def _plausible_m(a: Fix, b: Fix) -> float:
    admitted_m = (a.error_m or 0.0) + (b.error_m or 0.0)
    return NOISE_M + NOISE_ERRORS * admitted_m + SPEED_M_S * abs(b.at_s - a.at_s)
