"""The commands `kiosk evaluate` and `kiosk calibrate`: error rates of recognition, and the table of its scores."""

import os
from pathlib import Path
from typing import Annotated

import typer

from kiosk import console
from kiosk.app import parts
from kiosk.console import ConfigOption, JsonOption, load_settings, output_file, say, write_json
from kiosk.doctor.selfcheck import check_embedder
from kiosk.lab.evaluation import plot
from kiosk.lab.evaluation.dataset import Dataset, embed_all, impostors, members, read_groups
from kiosk.lab.evaluation.report import Document, report
from kiosk.people import MatchPolicy
from kiosk.runtime.errors import UsageError
from kiosk.settings import Settings
from models.calibration import measure
from models.errors import CalibrationError
from models.evaluation import Comparisons, compare

_Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A folder with a sub-folder of photos for each person.")]
_Groups = Annotated[Path | None, typer.Option(help="CSV with the columns identity and group.")]
_CORES = os.cpu_count() or 1
_Processes = Annotated[int, typer.Option(min=1, help="How many processes look at photos.")]


def evaluate(
    folder: _Folder,
    groups: _Groups = None,
    plot_file: Annotated[Path | None, typer.Option("--plot", help="Write the DET plot to this PNG.")] = None,
    processes: _Processes = _CORES,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure recognition on photos through the daemon's own path: verification, identification, groups."""
    settings = load_settings(config)
    of_groups = read_groups(groups) if groups else {}
    if plot_file is not None:
        output_file(plot_file)
    with console.quiet():
        data = _embedded(folder, settings, processes)
        document, everybody = report(data, of_groups, _match_policy(settings))
    if plot_file is not None:
        plot.draw_det(plot_file, _curves(data, of_groups, everybody), data.model)
        say(f"the DET plot is {plot_file}")
    write_json(document) if as_json else _print(document)


def calibrate(
    folder: _Folder,
    groups: _Groups = None,
    out: Annotated[Path | None, typer.Option(help="Where the table goes; else this device starts to use it.")] = None,
    processes: _Processes = _CORES,
    config: ConfigOption = None,
) -> None:
    """Measure how often different people reach a score, and use it: the threshold follows from it and the roster."""
    settings = load_settings(config)
    of_groups = read_groups(groups) if groups else {}
    path = output_file(out or parts.own_calibration(settings))
    with console.quiet():
        check_embedder(settings)
        data = _embedded(folder, settings, processes)
        source = f"{folder.resolve().name}: {len(data.people)} people, {len(data.labels)} photos"
        table = measure(data.model, source, impostors(data, of_groups))
    table.write(path)
    say(f"{table.comparisons} comparisons, measured to a false match rate of {table.measured_to:.1e}: {path}")
    for people in (20, 100, 500):
        found = table.acceptance(settings.recognition.fpir, people)
        say(f"{people:4} people, FPIR {settings.recognition.fpir}: threshold {found.threshold:.4f}")


def _embedded(folder: Path, settings: Settings, processes: int) -> Dataset:
    said = -1

    def progress(done: int, count: int) -> None:
        nonlocal said
        if (tenth := 10 * done // count) != said:
            said = tenth
            say(f"{done} of {count} photos")

    return embed_all(folder, settings, processes, progress)


def _match_policy(settings: Settings) -> MatchPolicy | None:
    try:
        return parts.match_policy(settings, parts.embedder(settings))
    except CalibrationError as error:
        say(f"{error}; nothing is said of the threshold")
        return None


def _curves(data: Dataset, groups: dict[str, str], everybody: Comparisons) -> dict[str, Comparisons]:
    """The comparisons of everybody and of each group. Raises UsageError when there are none to plot."""
    if not len(everybody.genuine) or not len(everybody.impostor):
        raise UsageError("too few photos for the DET plot: it needs two people, and somebody with two photos")
    curves = {"everybody": everybody}
    for name, mask in members(data, groups).items():
        owners = [data.people[label] for label in data.labels[mask]]
        if 1 < len(set(owners)) < len(owners):
            curves[name] = compare(data.vectors[mask], owners)
    return curves


def _print(document: Document) -> None:
    shown = {key: document[key] for key in ("model", "images", "people", "failure_to_acquire")}
    for key, value in shown.items():
        print(f"{key.replace('_', ' '):20}{value}")
    verification = document["verification"]
    print(f"{'10-fold accuracy':20}{verification['accuracy']}")
    for level, rate in verification["fnmr_at_fmr"].items():
        bounds = (
            f"{verification['fnmr_upper95'][level]:.4f}, by person {verification['fnmr_upper95_by_person'][level]:.4f}"
        )
        print(f"FNMR at FMR {level:8}{rate:.4f}  (95 % below {bounds})")
    for row in document["identification"]:
        print(
            f"1:{row['n']}, {row['enrol']} enrolled, {row['probe']} probe: FNIR {row['fnir']:.4f} at FPIR {row['fpir']}"
        )
    for name, part in [("everybody", document), *document["groups"].items()]:
        for row in part["deployed"]:
            print(
                f"{name}, 1:{row['n']}, {row['enrol']} enrolled, {row['probe']} probe, from {row['threshold']:.3f} on: "
                f"FNIR {row['fnir']:.4f}, FPIR {row['fpir']:.4f} (95 % below {row['fpir_upper95']:.4f})"
            )
