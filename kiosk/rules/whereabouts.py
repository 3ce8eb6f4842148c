"""The place for a record: what the receiver says and what is to be thought of it. Flags are for people to judge."""

from collections.abc import Sequence
from typing import Literal

from kiosk.rules.place import Fix, Site, distance_m
from kiosk.rules.track import TrackLimits, frozen, jumped, middle, recent
from sync.contract import Place, PlaceFlag


def place_of(
    track: Sequence[Fix], site: Site, now_s: float, limits: TrackLimits, *, clock_disagrees: bool = False
) -> Place:
    """The median of the recent fixes while the newest is at most `max_age_s` seconds old, else the surveyed site.

    Age and satellites are the newest fix's. Flags: `no_fix` when there never was one, `stale` when the newest is too
    old, `outside` when the median lies beyond the fence (the fence itself is inside), `jump` and `frozen` by
    `rules.track`, `clock_disagrees` as the caller found.
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
