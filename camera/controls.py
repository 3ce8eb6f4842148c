"""Drives the controls of an opened camera so that the face is bright enough, and puts them back."""

from __future__ import annotations

import logging
from typing import Protocol

from camera.errors import CameraUnavailable
from camera.exposure import PACE_S, Changes, Control, ExposureController, Ladder, States, start

log = logging.getLogger(__name__)


class Controls(Protocol):
    """The controls of an opened camera. All methods raise `ControlError` when the camera refuses or is gone."""

    def states(self) -> States:
        """The controls that the camera has, with their values now."""

    def set(self, control: Control, value: float) -> None:
        """Set one of them. The camera takes the nearest value that it has."""


class ControlError(CameraUnavailable):
    """A control could not be read or set."""


class FaceExposure:
    """Lets the exposure of one opened camera follow the face.

    A camera that refuses is left as it is from then on, and the log says so: its pictures still come. Whether it is
    gone, the next picture tells.
    """

    def __init__(self, controls: Controls) -> None:
        self._controls = controls
        self._controller = ExposureController()
        self._seen_s = self._next_s = float("-inf")
        self._touched: set[Control] = set()
        self._found: States = {}
        self._ladder = Ladder({})
        try:
            self._found = controls.states()
            self._begin(start(self._found))
            self._ladder = Ladder(controls.states())
        except ControlError as error:
            self._refused(error)

    def meter(self, brightness: float | None, at_s: float) -> None:
        """Take in how bright the face was in the picture of `at_s`, None when nobody was there, and set what follows.

        The same picture again does nothing.
        """
        if at_s <= self._seen_s or not self._ladder.usable:
            return
        self._seen_s = at_s
        stops = self._controller.see(brightness, at_s)
        if at_s < self._next_s:
            return
        try:
            changes = self._changes(stops, at_s)
            self._apply(changes)
        except ControlError as error:
            self._refused(error)
        else:
            self._next_s = at_s + PACE_S if changes else self._next_s

    def restore(self) -> None:
        """Set what was changed as it was found. While the exposure is automatic the time cannot be set."""
        back = {control: self._found[control].value for control in self._touched}
        automatic = back.pop(Control.AUTO_EXPOSURE, 1.0)
        back.pop(Control.EXPOSURE_US, None)
        changes: Changes = {**back, Control.AUTO_EXPOSURE: 1.0}
        if not automatic:  # somebody had set the time by hand
            changes = {Control.AUTO_EXPOSURE: 0.0, **back, Control.EXPOSURE_US: self._found[Control.EXPOSURE_US].value}
        try:
            self._apply({control: value for control, value in changes.items() if control in self._found})
        except ControlError as error:
            log.warning("the camera's controls are not as they were found: %s", error)

    def _begin(self, changes: Changes) -> None:
        """Set what can be set: that a camera does not know lamps on 50 Hz is no reason to leave its exposure alone."""
        for control, value in changes.items():
            try:
                self._apply({control: value})
            except ControlError as error:
                log.warning("%s", error)

    def _changes(self, stops: float, at_s: float) -> Changes:
        if stops:
            return self._ladder.move(stops, self._controls.states())
        if self._controller.abandoned(at_s):
            return self._ladder.release()
        return {} if self._controller.driving else self._ladder.rest()

    def _apply(self, changes: Changes) -> None:
        for control, value in changes.items():
            log.debug("%s is set to %g", control, value)
            self._touched.add(control)
            self._controls.set(control, value)

    def _refused(self, error: ControlError) -> None:
        log.warning("the camera's exposure does not follow the face until it is opened again: %s", error)
        self._ladder = Ladder({})
        self.restore()
