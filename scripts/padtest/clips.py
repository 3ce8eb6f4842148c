"""The recordings and drawn attacks that `scripts/pad-test` presents, and the processes that watch them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

from camera.files import IMAGE_SUFFIXES
from camera.synthetic.attacks.species import EDITED, PRINTS, SCREENS
from kiosk.app import parts
from kiosk.app.liveness import examiner
from kiosk.cli.replay import reasons
from kiosk.lab.padtest.enrolment import files_in, from_files
from kiosk.lab.padtest.trial import AttackSource, KioskUnderTest, Presentation, PresentationResult, attacks, walk_ups
from kiosk.people import EnrolledGallery
from kiosk.recognition.liveness import Level
from kiosk.runtime.errors import UsageError
from kiosk.settings import Settings
from scripts.liveness.run import LivenessPresentation, run

WALK_UPS = 100
"""Bona fide walk-ups at each level."""

EACH: dict[str, int] = {**dict.fromkeys(PRINTS, 50), **dict.fromkeys(SCREENS, 100), **dict.fromkeys(EDITED, 40)}
"""Attacks of each species: 200 prints of four kinds, 200 replays on two devices, 40 of each kind of edited clip."""

PHOTOS = 48
"""People who are enrolled and attacked."""

KINDS: dict[str, tuple[str, ...]] = {"prints": PRINTS, "replays": SCREENS, **{name: (name,) for name in EDITED}}
"""The species that are counted together in one row of the table."""


def people_in(shared: Path, seed: int) -> dict[str, list[Path]]:
    """The files of everybody in the clips, then of the people in the photos, in an order drawn by the seed."""
    clips = {f"clip {name}": files for name, files in files_in(shared / "videos" / "single-face").items()}
    photos = files_in(shared / "faces" / "lfw-dev")
    names = sorted(photos)
    Random(seed).shuffle(names)  # noqa: S311 - a draw to repeat, no secret
    return clips | {name: photos[name] for name in names}


def plan(sources: Mapping[str, AttackSource], part: float, seed: int) -> list[Presentation]:
    """The presentations, or the share `part` of them. Each species attacks all people in turn."""
    found = list(walk_ups(sources, round(part * WALK_UPS), seed))
    for species, count in EACH.items():
        found.extend(attacks(sources, round(part * count), seed, species))
    Random(seed).shuffle(found)  # noqa: S311 - so that all processes have as much to do
    return found


PROCESSES = 2

Task = TypeVar("Task")
Result = TypeVar("Result")


class _Process:
    """The kiosk that a process keeps between presentations."""

    kiosk: KioskUnderTest


class KioskPool:
    """A pool of processes, each with a kiosk under test.

    The processes are spawned, as MediaPipe's threads do not survive a fork.
    """

    def __init__(self, settings: Settings, gallery: EnrolledGallery, seed: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(PROCESSES, context, initializer=_start, initargs=(settings, gallery, seed))

    def present(self, level: Level, presentations: Iterable[Presentation]) -> Iterable[PresentationResult]:
        """The results, in the order of the presentations."""
        return self._pool.map(_present, [(level, shown) for shown in presentations], chunksize=4)

    def run(self, work: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterable[Result]:
        """Call `work` with each task in the same processes. Returns the results in order."""
        return self._pool.map(work, tasks)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)


def kiosk_under_test() -> KioskUnderTest:
    """The kiosk of this process."""
    return _Process.kiosk


def _start(settings: Settings, gallery: EnrolledGallery, seed: int) -> None:
    _Process.kiosk = KioskUnderTest(settings, parts.pipeline(settings), gallery, "off", seed)


def _present(task: tuple[Level, Presentation]) -> PresentationResult:
    level, presentation = task
    return replace(_Process.kiosk, level=level).present(presentation)


# Folders of clips of real people.
GENUINE = ("single-face", "standing-two-metres", "gif")


@dataclass(frozen=True, slots=True)
class Replay:
    """A film to present at a level. The person in it is enrolled first; `stills` is the folder for that."""

    film: Path
    level: Level
    stills: Path


def films(shared: Path) -> Iterator[Path]:
    """Every recorded genuine clip, and every recorded attack."""
    for folder in (*(shared / "videos" / name for name in GENUINE), shared / "spoof" / "minivision"):
        yield from sorted(folder.iterdir())


def replay(task: Replay) -> str:
    """Present a film. Returns one line with the outcome and its reasons."""
    film, kiosk = task.film, kiosk_under_test()
    where = f"{film.parent.name}/{film.name}"
    pipeline = kiosk.pipeline
    try:
        gallery, _ = from_files({film.name: [film]}, 1, pipeline, kiosk.match_policy, task.stills)
    except UsageError:
        return f"{task.level:9}{where:62}shows no face that could be enrolled"
    url = f"file:{quote(str(film))}" + ("?loop=1" if film.suffix.lower() in IMAGE_SUFFIXES else "")
    trial = replace(kiosk, gallery=gallery, level=task.level).present(Presentation(None, url))
    if trial.outcome is None:
        return f"{task.level:9}{where:62}nobody"
    asked = trial.outcome.proof and trial.outcome.proof.challenge
    why = ", ".join([*([f"asked to {asked}"] if asked else []), *reasons(trial.outcome)])
    return f"{task.level:9}{where:62}{trial.outcome.kind:12}{trial.outcome.at_s:5.2f} s  {why}"


def windows(film: Path) -> list[bool]:
    """Whether each window of 1.5 s of a genuine clip passes all passive checks."""
    kiosk = kiosk_under_test()
    same_person = kiosk.match_policy.same_person
    presentation = LivenessPresentation("", f"file:{quote(str(film))}", clip=True)
    found = run(presentation, kiosk.pipeline, same_person, examiner(same_person, kiosk.network), 0)
    return [all(finding.passed for finding in window) for window in found.windows]
