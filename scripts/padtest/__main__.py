"""`scripts/pad-test`: presents attacks, walk-ups and real films at each level; writes a file a level and a table."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

from kiosk import console
from kiosk import settings as settings_file
from kiosk.app import parts
from kiosk.cli.replay import reasons
from kiosk.lab.padtest.enrolment import from_files
from kiosk.lab.padtest.report import Document, Rate, document, report
from kiosk.lab.padtest.trial import Presentation, PresentationResult
from kiosk.recognition.liveness import Level
from kiosk.runtime.errors import UsageError
from scripts.padtest.clips import GENUINE, KINDS, PHOTOS, KioskPool, Replay, films, people_in, plan, replay, windows

LEVELS: tuple[Level, ...] = tuple(level for level in get_args(Level) if level != "off")
OUT = Path("build/pad-test").absolute()


def main() -> None:
    """Run the whole test, level by level, and print the table."""
    given = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # otherwise the processes of the pool would outlive this one
    stills = OUT / "stills"  # the photos and frames to look at mistakes with
    stills.mkdir(parents=True, exist_ok=True)
    with console.quiet(), TemporaryDirectory(prefix="kiosk-pad-test-") as name:
        settings = settings_file.laptop_settings(Path(name))
        people = people_in(given.shared, given.seed)
        with parts.pipeline(settings) as pipeline:
            match_policy = parts.match_policy(settings, pipeline.embedder)
            gallery, sources = from_files(people, PHOTOS, pipeline, match_policy, stills)
        clips = sum(source.clip is not None for source in sources.values())
        print(f"{len(sources)} people are enrolled and attacked, {clips} of them from clips")
        with KioskPool(settings, gallery, given.seed) as pool:
            presentations = plan(sources, given.part, given.seed)
            rows = [_level(level, presentations, pool) for level in given.level or LEVELS]
            if "passive" in (given.level or LEVELS):
                rows.append(_windows(given.shared, pool))
            tasks = [Replay(film, level, stills) for level in given.level or LEVELS for film in films(given.shared)]
            for line in pool.run(replay, tasks):
                print(line, flush=True)
    print("\n".join(["", *(line for row in rows for line in row)]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/pad-test", description=__doc__)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--level", action="append", choices=LEVELS, help="all of them")
    parser.add_argument("--part", type=float, default=1.0, help="so much of the sample: 0.2 for a first look (1)")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _level(level: Level, presentations: Sequence[Presentation], pool: KioskPool) -> list[str]:
    """Present everything at a level and write its file. Returns its rows of the table."""
    began_s = time.monotonic()
    trials = list(_counted(level, pool.present(level, presentations), len(presentations)))
    took_s = round(time.monotonic() - began_s)
    found = report(trials)
    mistakes = [_mistake(trial) for trial in trials if trial.accepted == (trial.presentation.species is not None)]
    whole: Document = {"level": level, "took_s": took_s, **document(found), "mistakes": mistakes}
    (OUT / f"{level}.json").write_text(json.dumps(whole, indent=1), "utf-8")
    rates = {name: _together(trials, kinds) for name, kinds in KINDS.items()}
    median = "" if found.median_s is None else f"median {found.median_s:.2f} s"
    rows = [_row(level, name, rate) for name, rate in rates.items()]
    return [*rows, f"{_row(level, 'walk-ups', found.bona_fide)}  refused, {median}; all in {took_s} s"]


def _counted(level: Level, trials: Iterable[PresentationResult], of: int) -> Iterator[PresentationResult]:
    for number, trial in enumerate(trials, 1):
        if number % 50 == 0:
            print(f"{level}: {number} of {of}", file=sys.stderr, flush=True)
        yield trial


def _mistake(trial: PresentationResult) -> Document:
    """The entry of an accepted attack or a refused person, with which it can be presented again."""
    outcome, shown = trial.outcome, trial.presentation
    return {
        "species": shown.species or "bona fide",
        "url": shown.url,
        "person": shown.person,
        "outcome": outcome and outcome.kind,
        "asked": outcome and outcome.proof and outcome.proof.challenge,
        "reasons": outcome and reasons(outcome),
    }


def _together(trials: Sequence[PresentationResult], kinds: Sequence[str]) -> Rate:
    of_kind = [trial for trial in trials if trial.presentation.species in kinds]
    return Rate(len(of_kind), sum(trial.accepted for trial in of_kind))


def _row(level: str, name: str, rate: Rate) -> str:
    share = "" if rate.share is None else f"{rate.share:.1%}"
    return f"{level:10}{name:20}{rate.n:5}{rate.errors:5}{share:>8}  below {rate.upper95:.1%}"


def _windows(shared: Path, pool: KioskPool) -> list[str]:
    clips = [film for film in films(shared) if film.parent.name in GENUINE]
    passed = [window for of_clip in pool.run(windows, clips) for window in of_clip]
    return [_row("passive", "windows of 1.5 s", Rate(len(passed), passed.count(False))) + "  refused, of real people"]


try:
    main()
except UsageError as error:
    print(f"scripts/pad-test: {error}", file=sys.stderr)
    sys.exit(2)
