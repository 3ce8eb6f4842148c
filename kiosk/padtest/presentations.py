"""What is presented to the camera: recordings in folders, or attacks made from photos."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np

from camera.attacks.species import SPECIES
from camera.files import IMAGE_SUFFIXES
from kiosk.errors import UsageError

BONA_FIDE, ATTACKS = "bona_fide", "attacks"


@dataclass(frozen=True, slots=True)
class Presentation:
    """One attempt before the camera `url`: of a species of attack, or bona fide when that is None.

    `person` is who is attacked or has come; None when nobody said so.
    """

    species: str | None
    url: str
    person: str | None = None


def recorded(folder: Path) -> list[Presentation]:
    """What lies in `bona_fide/` and `attacks/<species>/`: videos, images, and .url files with a camera URL a line.

    UsageError when there is none.
    """
    found = [Presentation(None, url) for url in _urls(folder / BONA_FIDE)]
    attacks = folder / ATTACKS
    for sub in sorted(attacks.iterdir()) if attacks.is_dir() else ():
        found.extend(Presentation(sub.name, url) for url in _urls(sub))
    if not found:
        raise UsageError(f"{folder} holds no recording; put them into {BONA_FIDE}/ and {ATTACKS}/SPECIES/")
    return found


def _urls(folder: Path) -> Iterator[str]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.suffix == ".url":
            lines = (line.strip() for line in path.read_text("utf-8").splitlines())
            yield from (line for line in lines if line and not line.startswith("#"))
        elif path.is_file():
            yield f"file:{quote(str(path))}" + ("?loop=1" if path.suffix.lower() in IMAGE_SUFFIXES else "")


def generated(
    photos: Mapping[str, Path], count: int, seed: int, species: Sequence[str] = SPECIES
) -> list[Presentation]:
    """`count` bona fide walk-ups of the people in the photos, and `count` attacks of each species on them, by turns."""
    people = list(photos)
    found = [
        Presentation(None, _walk_up(photos[people[number % len(people)]], seed + number), people[number % len(people)])
        for number in range(count)
    ]
    for kind in species:
        for number in range(count):
            person, other = (people[(number + step) % len(people)] for step in (0, 1))
            url = f"attack:{kind}?source={quote(str(photos[person]))}&seed={seed + number}&seconds=10"
            if len(people) > 1 and (kind == "print_eyeholes" or (kind == "cut" and number % 2)):
                url += f"&other={quote(str(photos[other]))}"
            found.append(Presentation(kind, url, person))
    return found


def _walk_up(photo: Path, seed: int) -> str:
    """Somebody who stops for eight seconds, near or far, in more or less light."""
    face_px, exposure_ev = np.random.default_rng(seed).uniform((110, -0.6), (175, 0.6))
    return f"person:{quote(str(photo))}?seed={seed}&seconds=10.5&blink=3&face={face_px:.0f}&exposure={exposure_ev:.2f}"
