"""`scripts/measure-liveness`: how many of each kind pass each check of liveness, as a table."""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np

from kiosk import console
from kiosk import settings as settings_file
from kiosk.app import parts
from kiosk.app.liveness import examiner, networks
from kiosk.settings import Settings
from models.liveness import Check, Finding
from scripts.liveness.run import LivenessRun, genuine, made, run

_PASSIVE = tuple(check for check in Check if check is not Check.CHALLENGE)


def main() -> None:
    """Present everything once and print the table, one line for each kind."""
    parser = argparse.ArgumentParser(prog="scripts/measure-liveness", description=__doc__)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--each", type=int, default=20, help="how many of each species (20)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--network", action="store_true", help="ask the networks too, which have to be installed")
    given = parser.parse_args()
    results: dict[str, list[LivenessRun]] = defaultdict(list)
    with console.quiet(), tempfile.TemporaryDirectory(prefix="kiosk-liveness-") as name:
        settings = _settings(Path(name), network=given.network)
        presentations = [*genuine(given.shared), *made(given.shared, given.each, given.seed)]
        with parts.pipeline(settings) as pipeline:
            same_person = parts.match_policy(settings, pipeline.embedder).same_person
            examine = examiner(same_person, networks(settings))
            for number, presentation in enumerate(presentations):
                found = run(presentation, pipeline, same_person, examine, given.seed + number)
                results[presentation.kind].append(found)
    print(
        f"{'':22}{'n':>5}" + "".join(f"{check:>13}" for check in _PASSIVE), "   passive  challenge       both  median s"
    )
    for kind, of_kind in results.items():
        print(_line(kind, of_kind))


def _settings(folder: Path, *, network: bool) -> Settings:
    """The laptop's settings, with the networks asked or not."""
    settings = settings_file.laptop_settings(folder)
    return settings.model_copy(update={"liveness": settings.liveness.model_copy(update={"network": network})})


def _line(kind: str, results: list[LivenessRun]) -> str:
    """One row of the table: the shares that pass each check, all passive checks, the challenge, and both.

    The challenge includes continuity over the whole take. The last column is the median time to a passed challenge.
    """
    windows = [window for result in results for window in result.windows]
    each = [_share([found.passed for window in windows for found in window if found.check is c]) for c in _PASSIVE]
    ended = [result for result in results if result.asked and result.windows]
    challenge = [_passed(result.challenge) for result in ended]
    both = [_passed(result.challenge) and _passed(result.windows[0]) for result in ended]
    took_s = [result.answered_s for result, passed in zip(ended, challenge, strict=True) if passed]
    shares = [*each, _share([_passed(window) for window in windows]), _share(challenge), _share(both)]
    median = f"{np.median(took_s):10.2f}" if took_s else f"{'-':>10}"
    return (
        f"{kind:22}{len(windows):5}"
        + "".join(f"{share:>13}" for share in shares[: len(_PASSIVE)])
        + "".join(f"{share:>11}" for share in shares[len(_PASSIVE) :])
        + median
    )


def _passed(findings: list[Finding] | None) -> bool:
    return findings is not None and all(found.passed for found in findings)


def _share(passed: list[bool]) -> str:
    return f"{100 * float(np.mean(passed)):.1f} %" if passed else "-"


main()
