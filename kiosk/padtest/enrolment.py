"""Who is known to the kiosk under test: those whom the attacks are on."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from camera import Camera, SourceUnreadable, open_camera
from kiosk import build
from kiosk.errors import PhotoError, UsageError
from kiosk.evaluation.dataset import photos_in
from kiosk.padtest.presentations import Presentation
from kiosk.people import Enrolled, Roll, Standard, roll_of
from kiosk.people.enrolment import ENOUGH, MOST
from kiosk.people.photos import read_small, shot_of, unfit
from kiosk.sight.look import Looker
from models.gallery import Vector, unit

_APART_S = 0.5


def from_photos(
    folder: Path, count: int, looker: Looker, standard: Standard, seed: int
) -> tuple[Roll, dict[str, Path]]:
    """Up to `count` people of a folder with a sub-folder of photos each, enrolled from one photo, which is given too.

    They are drawn by the seed among those with a photo of one good face. UsageError when there is none.
    """
    people = photos_in(folder)
    enrolled: dict[str, Enrolled] = {}
    photos: dict[str, Path] = {}
    for name in np.random.default_rng(seed).permutation(list(people)).tolist():
        if len(enrolled) == count:
            break
        vector = _vector(people[name][0], looker)
        if vector is not None:
            enrolled[name], photos[name] = Enrolled(name, (vector,)), people[name][0]
    if not enrolled:
        raise UsageError(f"no photo in {folder} shows one face that is good enough to enrol")
    return roll_of(enrolled, standard), photos


def from_recordings(
    presentations: Iterable[Presentation], looker: Looker, standard: Standard, say: Callable[[str], None]
) -> Roll:
    """Everybody in the bona fide recordings, each enrolled once, from the first recording that shows them well."""
    enrolled: dict[str, Enrolled] = {}
    roll = roll_of(enrolled, standard)
    for number, presentation in enumerate(presentations):
        if presentation.species is not None:
            continue
        looker.forget()
        with open_camera(presentation.url, mesh_of=build.mesh_of) as camera:
            shots = _shots(camera, looker)
        if len(shots) < ENOUGH:
            say(f"{presentation.url} enrols nobody: too few of its frames show one good face")
            continue
        if roll.identify(unit(np.sum(shots, axis=0))).verdict != "accepted":
            enrolled[f"p{number}"] = Enrolled(f"p{number}", tuple(shots))
            roll = roll_of(enrolled, standard)
    return roll


def _shots(camera: Camera, looker: Looker) -> list[Vector]:
    """Up to five shots of a recording, half a second apart: nobody in it holds still or turns when asked."""
    shots: list[Vector] = []
    next_s = float("-inf")
    while len(shots) < MOST and (frame := camera.read()) is not None:
        if frame.at_s < next_s:
            continue
        view = looker.look(frame.image, frame.at_s)
        if view.sight.probe is not None and not unfit(view, looker.limits):
            shots.append(view.sight.probe)
            next_s = frame.at_s + _APART_S
    return shots


def _vector(photo: Path, looker: Looker) -> Vector | None:
    looker.forget()
    try:
        view = looker.look(read_small(photo), 0.0)
        return shot_of(view, looker.limits, str(photo)).vector if len(view.faces) == 1 else None
    except (SourceUnreadable, PhotoError):
        return None
