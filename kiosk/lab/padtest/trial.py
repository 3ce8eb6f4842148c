"""Presentations, recorded or drawn, the kiosk under test, and the result of one presentation."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np

from camera import open_camera
from camera.files import IMAGE_SUFFIXES
from camera.synthetic.attacks.species import PRINTS, SPECIES
from kiosk.app import parts
from kiosk.app.liveness import prover, repeatable
from kiosk.people import EnrolledGallery, MatchPolicy
from kiosk.recognition.liveness import Level
from kiosk.recognition.outcome import VisitOutcome
from kiosk.recognition.pipeline import FacePipeline
from kiosk.recognition.recognition import outcomes
from kiosk.runtime.errors import PhotoError, UsageError
from kiosk.settings import Settings
from models.liveness.network import LivenessNetworks

BONA_FIDE, ATTACKS = "bona_fide", "attacks"


@dataclass(frozen=True, slots=True)
class Presentation:
    """One attempt, played by the camera `url`: an attack of `species`, or bona fide when that is None.

    `person` is who is attacked or has come, None when that is not known.
    """

    species: str | None
    url: str
    person: str | None = None


@dataclass(frozen=True, slots=True)
class AttackSource:
    """The files from which presentations of a person are drawn.

    Walk-ups and prints use the photo. Replays and edited clips use the clip where there is one, else the photo.
    """

    photo: Path
    clip: Path | None = None

    def of(self, species: str) -> Path:
        """The file that an attack of a species shows."""
        return self.photo if self.clip is None or species in PRINTS else self.clip


def recorded(folder: Path) -> list[Presentation]:
    """The recordings in `bona_fide/` and `attacks/<species>/`: videos, images, and .url files with a camera URL a line.

    Raises UsageError when there is none.
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
    sources: Mapping[str, AttackSource], count: int, seed: int, species: Sequence[str] = SPECIES
) -> list[Presentation]:
    """`count` bona fide walk-ups of the people, and `count` attacks of each species on them, in turn."""
    drawn = (attack for kind in species for attack in attacks(sources, count, seed, kind))
    return [*walk_ups(sources, count, seed), *drawn]


def attacks(sources: Mapping[str, AttackSource], count: int, seed: int, species: str) -> Iterator[Presentation]:
    """`count` attacks of a species on the people in turn, with a second person where the species needs one."""
    people = list(sources)
    for number in range(count):
        person, other = (people[(number + step) % len(people)] for step in (0, 1))
        shown = quote(str(sources[person].of(species)))
        url = f"attack:{species}?source={shown}&seed={seed + number}&seconds=10"
        if len(people) > 1 and (species == "print_eyeholes" or (species == "cut" and number % 2)):
            url += f"&other={quote(str(sources[other].photo))}"
        yield Presentation(species, url, person)


def walk_ups(sources: Mapping[str, AttackSource], count: int, seed: int) -> Iterator[Presentation]:
    """`count` bona fide walk-ups of the people in turn."""
    people = list(sources)
    for number in range(count):
        person = people[number % len(people)]
        yield Presentation(None, _walk_up(sources[person].photo, seed + number), person)


def _walk_up(photo: Path, seed: int) -> str:
    """The camera URL of a person who stops for eight seconds, at a distance and in light drawn by the seed."""
    face_px, exposure_ev = np.random.default_rng(seed).uniform((110, -0.6), (175, 0.6))
    return f"person:{quote(str(photo))}?seed={seed}&seconds=10.5&blink=3&face={face_px:.0f}&exposure={exposure_ev:.2f}"


# Longest time that a presentation is watched: an image has no end, and a kiosk decides long before.
_UNTIL_S = 30.0


@dataclass(frozen=True, slots=True)
class PresentationResult:
    """The result of a presentation.

    `decided_s` is the seconds of video from the first good frame to the decision. `outcome` is the visit that decided,
    None when nobody was seen.
    """

    presentation: Presentation
    accepted: bool
    decided_s: float
    outcome: VisitOutcome | None = None


@dataclass(frozen=True, slots=True)
class KioskUnderTest:
    """The kiosk under test: the daemon's own path at a level of liveness, with a gallery.

    The challenges of a presentation depend on the seed and its URL alone, not on what was presented before.
    """

    settings: Settings
    pipeline: FacePipeline
    gallery: EnrolledGallery
    level: Level
    seed: int
    network: LivenessNetworks | None = None

    @property
    def match_policy(self) -> MatchPolicy:
        """The match policy of the settings and the embedder."""
        return parts.match_policy(self.settings, self.pipeline.embedder)

    def present(self, presentation: Presentation) -> PresentationResult:
        """Play a presentation to a kiosk in its initial state until it decides.

        Raises PhotoError, which names a presentation that cannot be drawn.
        """
        match_policy, asked = self.match_policy, repeatable(f"{self.seed} {presentation.url}")
        proving = prover(lambda: self.level, match_policy.same_person, asked, self.network)
        recognition = parts.recognition(self.settings, self.pipeline, self.gallery, match_policy, proving)
        self.pipeline.forget()
        try:
            with open_camera(presentation.url, mesh_of=parts.mesh_of) as camera:
                return judge(presentation, outcomes(camera, recognition, _UNTIL_S))
        except PhotoError as error:
            raise PhotoError(f"{presentation.url} cannot be presented: {error}") from error


def judge(presentation: Presentation, outcomes: Iterable[VisitOutcome]) -> PresentationResult:
    """Judge a presentation by the outcomes of its visits.

    No outcome is a refusal. An outcome that identifies another person than the presentation's decides nothing.
    """
    for outcome in outcomes:
        if outcome.kind != "identified":
            return PresentationResult(presentation, accepted=False, decided_s=outcome.decided_s, outcome=outcome)
        if outcome.nearest is not None and presentation.person in {None, outcome.nearest.person}:
            return PresentationResult(presentation, accepted=True, decided_s=outcome.decided_s, outcome=outcome)
    return PresentationResult(presentation, accepted=False, decided_s=0.0)
