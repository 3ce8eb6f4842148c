"""The command `kiosk pad-test`: presents recorded or generated attacks and people, and counts who is accepted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import typer

from camera.synthetic.attacks.species import SPECIES
from kiosk import console
from kiosk.app import parts
from kiosk.app.liveness import networks
from kiosk.console import ConfigOption, JsonOption, load_settings, output_file, say, write_json
from kiosk.lab.padtest import enrolment
from kiosk.lab.padtest.report import document, draw_rates, lines, report
from kiosk.lab.padtest.trial import KioskUnderTest, Presentation, PresentationResult, generated, recorded
from kiosk.people import EnrolledGallery
from kiosk.recognition.liveness import Level
from kiosk.recognition.pipeline import FacePipeline
from kiosk.runtime.errors import UsageError
from kiosk.settings import Settings

_Folder = Annotated[
    Path | None, typer.Argument(metavar="[DIR]", help="Recordings: DIR/bona_fide/* and DIR/attacks/SPECIES/*.")
]
_Generate = Annotated[int, typer.Option(min=0, help="Make so many of each species, and so many walk-ups.")]
_Faces = Annotated[
    Path | None, typer.Option(help="For --generate: a folder with a sub-folder of photos, or a video, a person.")
]
_Species = Annotated[list[str] | None, typer.Option(help="For --generate: only these, by commas or one by one.")]


def pad_test(
    folder: _Folder = None,
    generate: _Generate = 0,
    faces: _Faces = None,
    species: _Species = None,
    seed: Annotated[int, typer.Option(min=0, help="What generated attacks are drawn from.")] = 0,
    level: Annotated[
        Level | None, typer.Option(help="How much of liveness is asked for; else the settings say.")
    ] = None,
    plot_file: Annotated[Path | None, typer.Option("--plot", help="Write the plot to this PNG.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count which attacks are accepted and which people refused, per ISO/IEC 30107-3: APCER and BPCER."""
    settings = load_settings(config)
    chosen = level or settings.liveness.level
    wanted = _wanted(faces, generate, species, seed)
    if plot_file is not None:
        output_file(plot_file)
    with console.quiet(), parts.pipeline(settings) as pipeline, TemporaryDirectory(prefix="kiosk-pad-test-") as stills:
        if folder is not None and wanted is None:
            gallery, presentations = _recorded(folder, settings, pipeline)
        elif folder is None and wanted is not None:
            gallery, presentations = _generated(wanted, settings, pipeline, Path(stills))
        else:
            raise UsageError("give a folder of recordings, or --generate N with --faces DIR")
        bench = KioskUnderTest(settings, pipeline, gallery, chosen, seed, networks(settings))
        found = report(list(_trials(presentations, bench)))
    if plot_file is not None:
        draw_rates(plot_file, found, f"presentation attacks, liveness {chosen}")
        say(f"the plot is {plot_file}")
    if as_json:
        write_json(document(found))
        return
    for line in lines(found):
        print(line)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The options of `--generate`."""

    faces: Path
    count: int
    species: tuple[str, ...]
    seed: int


def _wanted(faces: Path | None, count: int, species: list[str] | None, seed: int) -> _Wanted | None:
    """The options of `--generate`, None without it. Raises UsageError when they do not fit together."""
    if faces is None and not count and not species:
        return None
    if faces is None or not count:
        raise UsageError("give --generate N and --faces DIR together; --species goes with them")
    named = tuple(name.strip() for names in species or SPECIES for name in names.split(","))
    for name in named:
        if name not in SPECIES:
            raise UsageError(f"--species {name!r} cannot be generated; there are {', '.join(SPECIES)}")
    return _Wanted(faces, count, tuple(dict.fromkeys(named)), seed)


def _recorded(
    folder: Path, settings: Settings, pipeline: FacePipeline
) -> tuple[EnrolledGallery, Sequence[Presentation]]:
    """The gallery of the people in the bona fide recordings, and all recordings."""
    presentations = recorded(folder)
    return enrolment.from_recordings(
        presentations, pipeline, parts.match_policy(settings, pipeline.embedder), say
    ), presentations


def _generated(
    wanted: _Wanted, settings: Settings, pipeline: FacePipeline, stills: Path
) -> tuple[EnrolledGallery, Sequence[Presentation]]:
    """The gallery of people drawn by the seed, and the presentations made from their photos and videos."""
    files = enrolment.files_in(wanted.faces)
    order = np.random.default_rng(wanted.seed).permutation(list(files)).tolist()
    match_policy = parts.match_policy(settings, pipeline.embedder)
    drawn = {name: files[name] for name in order}
    gallery, sources = enrolment.from_files(drawn, wanted.count, pipeline, match_policy, stills)
    count, kinds = wanted.count, ", ".join(wanted.species)
    say(f"{len(sources)} people of {wanted.faces} are enrolled; {count} walk-ups and {count} each of {kinds}")
    return gallery, generated(sources, count, wanted.seed, wanted.species)


def _trials(presentations: Sequence[Presentation], bench: KioskUnderTest) -> Iterator[PresentationResult]:
    said = -1
    for done, presentation in enumerate(presentations):
        if (tenth := 10 * done // len(presentations)) != said:
            said = tenth
            say(f"{done} of {len(presentations)} presentations")
        yield bench.present(presentation)
