"""The recordings and drawn attacks that `scripts/pad-test` presents, in several processes."""

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
from scripts.liveness.run import LivenessPresentation as Film
from scripts.liveness.run import run

WALK_UPS = 100
EACH: dict[str, int] = {**dict.fromkeys(PRINTS, 50), **dict.fromkeys(SCREENS, 100), **dict.fromkeys(EDITED, 40)}
"""200 prints in four kinds, 200 replays on two devices, 40 each of what is fed in place of the camera."""

PHOTOS = 48
KINDS: dict[str, tuple[str, ...]] = {"prints": PRINTS, "replays": SCREENS, **{name: (name,) for name in EDITED}}
"""What counts together."""


def people_in(shared: Path, seed: int) -> dict[str, list[Path]]:
    """Everybody in the clips, then people of the photos in an order drawn by the seed, so many as are attacked."""
    clips = {f"clip {name}": files for name, files in files_in(shared / "videos" / "single-face").items()}
    photos = files_in(shared / "faces" / "lfw-dev")
    names = sorted(photos)
    Random(seed).shuffle(names)  # noqa: S311 - a draw to repeat, no secret
    return clips | {name: photos[name] for name in names}


def plan(sources: Mapping[str, AttackSource], part: float, seed: int) -> list[Presentation]:
    """The presentations, or a part of them; each species attacks everybody by turns."""
    found = list(walk_ups(sources, round(part * WALK_UPS), seed))
    for species, count in EACH.items():
        found.extend(attacks(sources, round(part * count), seed, species))
    Random(seed).shuffle(found)  # noqa: S311 - both processes have as much to do
    return found


PROCESSES = 2

Task = TypeVar("Task")
Result = TypeVar("Result")


class _Process:
    """What one process keeps between presentations."""

    bench: KioskUnderTest


class Benches:
    """The pool. Fresh processes: MediaPipe's threads do not survive a fork."""

    def __init__(self, settings: Settings, gallery: EnrolledGallery, seed: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(PROCESSES, context, initializer=_start, initargs=(settings, gallery, seed))

    def present(self, level: Level, presentations: Iterable[Presentation]) -> Iterable[PresentationResult]:
        """The trials, in the order of the presentations."""
        return self._pool.map(_present, [(level, shown) for shown in presentations], chunksize=4)

    def run(self, work: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterable[Result]:
        """Something else, in the same processes."""
        return self._pool.map(work, tasks)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)


def bench() -> KioskUnderTest:
    """The kiosk of this process."""
    return _Process.bench


def _start(settings: Settings, gallery: EnrolledGallery, seed: int) -> None:
    _Process.bench = KioskUnderTest(settings, parts.pipeline(settings), gallery, "off", seed)


def _present(task: tuple[Level, Presentation]) -> PresentationResult:
    level, presentation = task
    return replace(_Process.bench, level=level).present(presentation)


GENUINE = ("single-face", "standing-two-metres", "gif")


@dataclass(frozen=True, slots=True)
class Replay:
    """A film at a level, before a kiosk that knows who is in it."""

    film: Path
    level: Level
    stills: Path


def films(shared: Path) -> Iterator[Path]:
    """Every genuine clip, and every attack."""
    for folder in (*(shared / "videos" / name for name in GENUINE), shared / "spoof" / "minivision"):
        yield from sorted(folder.iterdir())


def replay(task: Replay) -> str:
    """One line: what came of it, and why."""
    film, here = task.film, bench()
    where = f"{film.parent.name}/{film.name}"
    pipeline = here.pipeline
    try:
        gallery, _ = from_files({film.name: [film]}, 1, pipeline, here.match_policy, task.stills)
    except UsageError:
        return f"{task.level:9}{where:62}shows no face that could be enrolled"
    url = f"file:{quote(str(film))}" + ("?loop=1" if film.suffix.lower() in IMAGE_SUFFIXES else "")
    trial = replace(here, gallery=gallery, level=task.level).present(Presentation(None, url))
    if trial.outcome is None:
        return f"{task.level:9}{where:62}nobody"
    asked = trial.outcome.proof and trial.outcome.proof.challenge
    why = ", ".join([*([f"asked to {asked}"] if asked else []), *reasons(trial.outcome)])
    return f"{task.level:9}{where:62}{trial.outcome.kind:12}{trial.outcome.at_s:5.2f} s  {why}"


def windows(film: Path) -> list[bool]:
    """Of a genuine clip: whether each window of 1.5 s passes all passive checks."""
    here = bench()
    same_person = here.match_policy.same_person
    shown = Film("", f"file:{quote(str(film))}", clip=True)
    found = run(shown, here.pipeline, same_person, examiner(same_person, here.network), 0)
    return [all(finding.passed for finding in window) for window in found.windows]
