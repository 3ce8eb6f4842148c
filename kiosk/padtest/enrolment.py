"""Who is known to the kiosk under test: those whom the attacks are on."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from camera import SourceUnreadable, open_camera
from kiosk import build
from kiosk.errors import PhotoError, UsageError
from kiosk.evaluation.dataset import photos_in
from kiosk.padtest.presentations import Presentation
from kiosk.people import Enrolled, Roll, Standard, from_camera, roll_of
from kiosk.people.photos import read_small, shot_of
from kiosk.sight.look import Looker
from models.gallery import Vector, unit


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
            try:
                shots = [shot.vector for shot in from_camera.shots_of(camera, looker, lambda _: None)]
            except PhotoError as error:
                say(f"{presentation.url} enrols nobody: {error}")
                continue
        if roll.identify(unit(np.sum(shots, axis=0))).verdict != "accepted":
            enrolled[f"p{number}"] = Enrolled(f"p{number}", tuple(shots))
            roll = roll_of(enrolled, standard)
    return roll


def _vector(photo: Path, looker: Looker) -> Vector | None:
    looker.forget()
    try:
        view = looker.look(read_small(photo), 0.0)
        return shot_of(view, looker.limits, str(photo)).vector if len(view.faces) == 1 else None
    except (SourceUnreadable, PhotoError):
        return None
