"""Real people and real attacks: the outcome of each film, and windows of the genuine ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from camera.files import IMAGE_SUFFIXES
from kiosk.app.liveness import examiner
from kiosk.cli.replay import reasons
from kiosk.lab.padtest.enrolment import from_files
from kiosk.lab.padtest.trial import Presentation
from kiosk.recognition.liveness import Level
from kiosk.runtime.errors import UsageError
from scripts.liveness.presentations import Presentation as Film
from scripts.liveness.run import run
from scripts.padtest.pool import bench

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
    looker = here.looker
    try:
        roll, _ = from_files({film.name: [film]}, 1, looker, here.standard, task.stills)
    except UsageError:
        return f"{task.level:9}{where:62}shows no face that could be enrolled"
    url = f"file:{quote(str(film))}" + ("?loop=1" if film.suffix.lower() in IMAGE_SUFFIXES else "")
    trial = replace(here, roll=roll, level=task.level).present(Presentation(None, url))
    if trial.outcome is None:
        return f"{task.level:9}{where:62}nobody"
    asked = trial.outcome.proof and trial.outcome.proof.challenge
    why = ", ".join([*([f"asked to {asked}"] if asked else []), *reasons(trial.outcome)])
    return f"{task.level:9}{where:62}{trial.outcome.kind:12}{trial.outcome.at_s:5.2f} s  {why}"


def windows(film: Path) -> list[bool]:
    """Of a genuine clip: whether each window of 1.5 s passes all passive checks."""
    here = bench()
    same_person = here.standard.same_person
    shown = Film("", f"file:{quote(str(film))}", clip=True)
    found = run(shown, here.looker.embedder, same_person, examiner(same_person, here.network), 0)
    return [all(finding.passed for finding in window) for window in found.windows]
