"""The commands `kiosk evaluate`, `evaluate-days` and `calibrate`: error rates of recognition, and its score table."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from kiosk import console
from kiosk.app import parts
from kiosk.console import ConfigOption, JsonOption, load_settings, output_file, say, write_json
from kiosk.doctor.selfcheck import check_embedder
from kiosk.lab.evaluation import days, plot
from kiosk.lab.evaluation.dataset import Dataset, embed_all, impostors, members, most_pictured, photos_in, read_groups
from kiosk.lab.evaluation.report import Document, report
from kiosk.people import EnrolledPerson, MatchPolicy, enrolled_gallery
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
        data = _embedded(photos_in(folder), settings, processes)
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
        data = _embedded(photos_in(folder), settings, processes)
        source = f"{folder.resolve().name}: {len(data.people)} people, {len(data.labels)} photos"
        table = measure(data.model, source, impostors(data, of_groups))
    table.write(path)
    say(f"{table.comparisons} comparisons, measured to a false match rate of {table.measured_to:.1e}: {path}")
    for people in (20, 100, 500):
        found = table.acceptance(settings.recognition.fpir, people)
        say(f"{people:4} people, FPIR {settings.recognition.fpir}: threshold {found.threshold:.4f}")


def evaluate_days(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder PERSON/DAY/ of pictures for each sitting.")],
    fill: Annotated[
        Path | None, typer.Option(help="Fill galleries with these people, a folder of photos each.")
    ] = None,
    fps: Annotated[float, typer.Option(min=0.1, help="Pictures a second in a sitting.")] = 5.0,
    processes: _Processes = _CORES,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure recognition on other days than that of enrolment: sittings as visits, liveness off."""
    settings = load_settings(config)
    sittings = days.sittings_in(folder)
    fillers = {} if fill is None else most_pictured(photos_in(fill), max(_FILLED_TO) + _SPARE)
    with console.quiet(), parts.pipeline(settings) as pipeline:
        match_policy = parts.match_policy(settings, pipeline.embedder)
        filled = _enrolled(_embedded(fillers, settings, processes), match_policy) if fillers else {}
        trial = days.DayTrial(settings, pipeline, match_policy, fps)
        enrolments = [trial.enrolment(sitting) for sitting in sittings]
        say(f"{len(enrolments)} sittings looked at; now they come as visits")
        visits = list(trial.visits(enrolments, filled, _FILLED_TO if filled else (0,)))
    document = days.document(enrolments, visits, match_policy)
    if as_json:
        write_json(document)
        return
    for line in days.lines(document):
        print(line)


_FILLED_TO = (100, 500)
"""People in the galleries that `kiosk evaluate-days` fills."""

_SPARE = 100
"""People who are looked at beside, as not everybody's photos can be enrolled from."""


def _enrolled(data: Dataset, match_policy: MatchPolicy) -> dict[str, EnrolledPerson]:
    """Everybody whose photos agree, by name."""
    shots = {name: tuple(data.vectors[data.labels == label]) for label, name in enumerate(data.people)}
    people = {name: EnrolledPerson(name, own) for name, own in shots.items() if own}
    left_out = enrolled_gallery(people, match_policy).left_out
    return {name: known for name, known in people.items() if name not in left_out}


def _embedded(people: Mapping[str, Sequence[Path]], settings: Settings, processes: int) -> Dataset:
    said = -1

    def progress(done: int, count: int) -> None:
        nonlocal said
        if (tenth := 10 * done // count) != said:
            said = tenth
            say(f"{done} of {count} photos")

    return embed_all(people, settings, processes, progress)


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
