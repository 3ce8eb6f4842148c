"""Enrolment before a camera that nobody else uses: the shots of one person, with what to do said all the while."""

from collections.abc import Callable

from camera import Answering, Camera, CameraLost, Frame
from kiosk.errors import PhotoError
from kiosk.people.enrolment import ENOUGH
from kiosk.people.posing import PATIENCE_S, Posing
from kiosk.people.store import Shot
from kiosk.screen.catalogue import Line, Words
from kiosk.sight.look import Looker


def shots_of(
    camera: Camera, looker: Looker, same_person: float, say: Callable[[str], None], words: Words
) -> list[Shot]:
    """Three to five shots in as many poses; what to do, and what is wrong with a frame, is said when it changes.

    PhotoError when the needed ones were not taken within a minute of video or by the source's end, or when what was
    held before the camera turned like a picture.
    """
    posing = Posing(looker.limits, same_person)
    said, prompted, begin_s = "", None, None
    while posing.pose is not None and (frame := _next(camera, say)) is not None:
        begin_s = frame.at_s if begin_s is None else begin_s
        if frame.at_s - begin_s > PATIENCE_S:
            break
        wanted = posing.wants(frame.at_s)
        posing.see(looker.look(frame.image, frame.at_s, wanted), wanted)
        if (prompt := posing.prompt) != prompted and prompt is not None and isinstance(camera, Answering):
            camera.obey(prompt, frame.at_s)
        prompted, phrase = prompt, posing.phrase
        if phrase is not None and phrase != said:
            said = phrase
            say(words.say(Line(phrase)))
    return _enough(posing)


def _enough(posing: Posing) -> list[Shot]:
    if posing.refused is not None:
        raise PhotoError(f"no head was seen to turn ({posing.refused}): enrol the person, not a picture of them")
    if len(posing.shots) < ENOUGH:
        raise PhotoError(
            f"only {len(posing.shots)} of at least {ENOUGH} shots could be taken; try again in better light, and turn "
            "the head when that is asked for"
        )
    return posing.shots


def _next(camera: Camera, say: Callable[[str], None]) -> Frame | None:
    """The next frame, however long a lost camera takes to come back; None at the source's end."""
    while True:
        try:
            return camera.read()
        except CameraLost as error:
            say(str(error))
