"""Enrolment before a camera: shots of one person, taken apart, with what to do said all the while."""

from collections.abc import Callable

from camera import Camera, CameraLost, Frame
from kiosk.errors import PhotoError
from kiosk.people.enrolment import ENOUGH, MOST
from kiosk.people.photos import quality_of, shot_of
from kiosk.people.store import Shot
from kiosk.sight.look import Looker

_APART_S = 0.5
_PATIENCE_S = 30.0


def shots_of(camera: Camera, looker: Looker, say: Callable[[str], None]) -> list[Shot]:
    """Three to five shots, half a second apart; what is wrong with a frame is said when it changes.

    PhotoError when there are fewer in thirty seconds of video, or at the source's end.
    """
    shots: list[Shot] = []
    said, begin_s, next_s = "", None, 0.0
    while len(shots) < MOST and (frame := _next(camera, say)) is not None:
        begin_s = frame.at_s if begin_s is None else begin_s
        if frame.at_s - begin_s > _PATIENCE_S:
            break
        if frame.at_s < next_s:
            continue
        view = looker.look(frame.image, frame.at_s)
        try:
            shots.append(shot_of(view, looker.limits, f"shot {len(shots) + 1}"))
        except PhotoError as error:
            if str(error) != said:
                said = str(error)
                say(said)
            continue
        next_s = frame.at_s + _APART_S
        say(f"shot {len(shots)} of {MOST} is taken: {quality_of(view)}")
    if len(shots) < ENOUGH:
        raise PhotoError(f"only {len(shots)} of at least {ENOUGH} shots could be taken; try again in better light")
    return shots


def _next(camera: Camera, say: Callable[[str], None]) -> Frame | None:
    """The next frame, however long a lost camera takes to come back; None at the source's end."""
    while True:
        try:
            return camera.read()
        except CameraLost as error:
            say(str(error))
