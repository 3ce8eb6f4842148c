"""What is presented to the camera: recordings in folders, or attacks made from photos."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np

from camera.attacks.species import PRINTS, SPECIES
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


@dataclass(frozen=True, slots=True)
class Source:
    """What is drawn from a person: walk-ups and prints from the photo, replays and edited clips from a clip of theirs,
    if there is one, else from the photo too."""

    photo: Path
    clip: Path | None = None

    def of(self, species: str) -> Path:
        """What an attack of a species shows."""
        return self.photo if self.clip is None or species in PRINTS else self.clip


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
    sources: Mapping[str, Source], count: int, seed: int, species: Sequence[str] = SPECIES
) -> list[Presentation]:
    """`count` bona fide walk-ups of the people, and `count` attacks of each species on them, by turns."""
    drawn = (attack for kind in species for attack in attacks(sources, count, seed, kind))
    return [*walk_ups(sources, count, seed), *drawn]


def attacks(sources: Mapping[str, Source], count: int, seed: int, species: str) -> Iterator[Presentation]:
    """So many attacks of a species on the people, by turns; of a second person when it takes one."""
    people = list(sources)
    for number in range(count):
        person, other = (people[(number + step) % len(people)] for step in (0, 1))
        shown = quote(str(sources[person].of(species)))
        url = f"attack:{species}?source={shown}&seed={seed + number}&seconds=10"
        if len(people) > 1 and (species == "print_eyeholes" or (species == "cut" and number % 2)):
            url += f"&other={quote(str(sources[other].photo))}"
        yield Presentation(species, url, person)


def walk_ups(sources: Mapping[str, Source], count: int, seed: int) -> Iterator[Presentation]:
    """So many bona fide walk-ups of the people, by turns."""
    people = list(sources)
    for number in range(count):
        person = people[number % len(people)]
        yield Presentation(None, _walk_up(sources[person].photo, seed + number), person)


def _walk_up(photo: Path, seed: int) -> str:
    """Somebody who stops for eight seconds, near or far, in more or less light."""
    face_px, exposure_ev = np.random.default_rng(seed).uniform((110, -0.6), (175, 0.6))
    return f"person:{quote(str(photo))}?seed={seed}&seconds=10.5&blink=3&face={face_px:.0f}&exposure={exposure_ev:.2f}"
