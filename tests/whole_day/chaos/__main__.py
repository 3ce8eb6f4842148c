"""`scripts/chaos`: a run of the fault harness, and its verdict. Exit status 0 when nothing was lost, 1 otherwise."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tests.whole_day.chaos.run import run


def main(
    minutes: Annotated[float, typer.Option(min=0.5, help="How long faults strike.")] = 2.0,
    seed: Annotated[int, typer.Option(help="Chooses the faults and their moments.")] = 1,
    people: Annotated[int, typer.Option(min=2, help="At most so many people walk up.")] = 16,
    keep: Annotated[Path | None, typer.Option(help="An empty folder that keeps the logs and databases.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON for programs.")] = False,
) -> None:
    """Strike a real kiosk, broker and receiver with faults, and compare what people were told with what arrived."""
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        report = run(keep or Path(folder), round(60 * minutes), seed, people)
    for name, value in report.facts().items() if not as_json else ():
        print(f"{name}: {value}")
    if as_json:
        print(json.dumps(report.facts()))
    sys.exit(0 if report.passed else 1)


if __name__ == "__main__":
    typer.run(main)
