"""What the kiosk sees, where it is, and what time it is."""

from typing import Final

import numpy as np

from camera import Frame
from kiosk.checks.check import CheckResult
from kiosk.clock.provenance import Provenance
from kiosk.position.place import Fix, Site, distance_m
from kiosk.screen import Phrase

_LEAST_HZ: Final = 8.0
"""A challenge needs twelve frames of a turn, which takes a second and a half."""

_DARK: Final = 20.0


def camera(first: Frame, last: Frame) -> CheckResult:
    """Two frames of one camera: how often it takes one, how large, and whether there is light."""
    height, width = last.image.shape[:2]
    rate_hz = (last.index - first.index) / max(last.at_s - first.at_s, 1e-6)
    facts = {"size": f"{width} x {height}", "rate": f"{rate_hz:.0f}"}
    if last.index == first.index:
        return CheckResult("camera", "fail", Phrase("doctor_camera_still"))
    if float(np.mean(last.image)) < _DARK:
        return CheckResult("camera", "warn", Phrase("doctor_camera_dark", **facts))
    if rate_hz < _LEAST_HZ:
        return CheckResult("camera", "warn", Phrase("doctor_camera_slow", **facts))
    return CheckResult("camera", "ok", Phrase("doctor_camera_ok", **facts))


def place(fix: Fix | None, site: Site) -> CheckResult:
    """The receiver's newest position. Without one the surveyed site is what records say."""
    if fix is None:
        return CheckResult("place", "warn", Phrase("doctor_place_none"))
    far_m = distance_m(fix.lat, fix.lon, site.lat, site.lon)
    facts = {"distance": f"{far_m:.0f}", "satellites": "?" if fix.satellites is None else str(fix.satellites)}
    if far_m > site.radius_m:
        return CheckResult("place", "warn", Phrase("doctor_place_far", **facts))
    return CheckResult("place", "ok", Phrase("doctor_place_ok", **facts))


def clock(found: Provenance) -> CheckResult:
    """Who vouches for the time."""
    if found.disagrees:
        return CheckResult("clock", "fail", Phrase("doctor_clock_disagrees"))
    if found.source == "none":
        return CheckResult("clock", "fail", Phrase("doctor_clock_none"))
    if found.source == "rtc":
        return CheckResult("clock", "warn", Phrase("doctor_clock_rtc"))
    return CheckResult("clock", "ok", Phrase("doctor_clock_ok", source=found.source.upper()))
