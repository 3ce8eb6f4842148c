"""Checks of camera, position and clock."""

from typing import Final

import numpy as np

from camera import Frame, Orientation, Rotation
from camera.exposure import Control, Ladder, States
from kiosk.checks.check import CheckResult
from kiosk.clock.provenance import Provenance
from kiosk.position.place import Fix, Site, distance_m
from kiosk.screen import Phrase

_LEAST_HZ: Final = 8.0
"""The least frame rate: a challenge needs twelve frames of a turn of the head, which takes a second and a half."""

_DARK: Final = 20.0
"""The mean pixel value (0 to 255) below which a picture counts as dark."""


def camera(first: Frame, last: Frame, orientation: Orientation, further: Rotation | None) -> CheckResult:
    """Checks frame rate, brightness and orientation, by two frames of one camera.

    `further` is the rotation that `best_rotation` finds in the last one.
    """
    height, width = last.image.shape[:2]
    rate_hz = (last.index - first.index) / max(last.at_s - first.at_s, 1e-6)
    facts = {"size": f"{width} x {height}", "rate": f"{rate_hz:.0f}"}
    if last.index == first.index:
        return CheckResult("camera", "fail", Phrase("doctor_camera_still"))
    if float(np.mean(last.image)) < _DARK:
        return CheckResult("camera", "warn", Phrase("doctor_camera_dark", **facts))
    if rate_hz < _LEAST_HZ:
        return CheckResult("camera", "warn", Phrase("doctor_camera_slow", **facts))
    if further:
        rotate = str(orientation.rotate_after(further))
        return CheckResult("camera", "warn", Phrase("doctor_camera_sideways", rotate=rotate))
    return CheckResult("camera", "ok", Phrase("doctor_camera_ok", **facts))


def light(states: States | None) -> CheckResult:
    """Checks whether the camera's exposure can follow the face, and tells what can be set and where it stands."""
    if states is None:
        return CheckResult("light", "ok", Phrase("doctor_light_untold"))
    numbers = ", ".join(f"{name} {at.value:g} ({at.low:g}..{at.high:g})" for name, at in states.items())
    facts = {"controls": numbers or "-", "missing": ", ".join(name for name in Control if name not in states)}
    if not Ladder(states).usable:
        return CheckResult("light", "warn", Phrase("doctor_light_fixed", **facts))
    return CheckResult("light", "ok", Phrase("doctor_light_ok", **facts))


def place(fix: Fix | None, site: Site) -> CheckResult:
    """Checks that the receiver's newest position lies inside the fence. Without one, records carry the site."""
    if fix is None:
        return CheckResult("place", "warn", Phrase("doctor_place_none"))
    far_m = distance_m(fix.lat, fix.lon, site.lat, site.lon)
    facts = {"distance": f"{far_m:.0f}", "satellites": "?" if fix.satellites is None else str(fix.satellites)}
    if far_m > site.radius_m:
        return CheckResult("place", "warn", Phrase("doctor_place_far", **facts))
    return CheckResult("place", "ok", Phrase("doctor_place_ok", **facts))


def clock(found: Provenance) -> CheckResult:
    """Checks that something vouches for the time."""
    if found.disagrees:
        return CheckResult("clock", "fail", Phrase("doctor_clock_disagrees"))
    if found.source == "none":
        return CheckResult("clock", "fail", Phrase("doctor_clock_none"))
    if found.source == "rtc":
        return CheckResult("clock", "warn", Phrase("doctor_clock_rtc"))
    return CheckResult("clock", "ok", Phrase("doctor_clock_ok", source=found.source.upper()))
