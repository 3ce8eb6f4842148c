"""`kiosk pad-test`: present recorded or generated attacks and people, and count who gets through."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from camera import Camera
from camera.attacks.species import SPECIES
from kiosk import build
from kiosk.cli import native
from kiosk.cli.output import ConfigOption, JsonOption, load_settings, output_file, say, write_json
from kiosk.errors import UsageError
from kiosk.padtest import enrolment, plot
from kiosk.padtest.presentations import Presentation, generated, recorded
from kiosk.padtest.report import document, lines, report
from kiosk.padtest.trial import Trial, Watch, present
from kiosk.people import Roll
from kiosk.rules.liveness import Level
from kiosk.rules.outcome import Outcome
from kiosk.settings import Settings
from kiosk.sight.liveness import networks, prover, repeatable
from kiosk.sight.look import Looker
from kiosk.sight.recognition import outcomes

# No presentation is watched for longer: an image has no end, and a kiosk is out of patience long before.
_UNTIL_S = 30.0


_Folder = Annotated[
    Path | None, typer.Argument(metavar="[DIR]", help="Recordings: DIR/bona_fide/* and DIR/attacks/SPECIES/*.")
]
_Generate = Annotated[int, typer.Option(min=0, help="Make so many of each species, and so many walk-ups.")]
_Level = Annotated[Level | None, typer.Option(help="How much of liveness is asked for; else the settings say.")]
_Faces = Annotated[Path | None, typer.Option(help="For --generate: a folder with a sub-folder of photos a person.")]


def pad_test(
    folder: _Folder = None,
    generate: _Generate = 0,
    faces: _Faces = None,
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
    if plot_file is not None:
        output_file(plot_file)
    with native.quiet(), build.looker(settings) as looker:
        roll, presentations = _material(folder, generate, faces, seed, settings, looker)
        found = report(list(_trials(presentations, _kiosk(settings, looker, roll, chosen, seed))))
    if plot_file is not None:
        plot.draw(plot_file, found, f"presentation attacks, liveness {chosen}")
        say(f"the plot is {plot_file}")
    if as_json:
        write_json(document(found))
        return
    for line in lines(found):
        print(line)


def _material(
    folder: Path | None, count: int, faces: Path | None, seed: int, settings: Settings, looker: Looker
) -> tuple[Roll, Sequence[Presentation]]:
    """Who is enrolled and what is presented: recordings, or what is made from photos."""
    standard = build.standard(settings, looker.embedder)
    if folder is not None and not count and faces is None:
        presentations = recorded(folder)
        return enrolment.from_recordings(presentations, looker, standard, say), presentations
    if folder is not None or not count or faces is None:
        raise UsageError("give a folder of recordings, or --generate N with --faces DIR")
    roll, photos = enrolment.from_photos(faces, count, looker, standard, seed)
    say(f"{len(photos)} people of {faces} are enrolled; {count} walk-ups and {count} each of {', '.join(SPECIES)}")
    return roll, generated(photos, count, seed)


def _kiosk(settings: Settings, looker: Looker, roll: Roll, level: Level, seed: int) -> Watch:
    """The daemon's own path, at a level."""
    standard = build.standard(settings, looker.embedder)
    proving = prover(lambda: level, standard.same_person, repeatable(seed), networks(settings))

    def watch(camera: Camera) -> Iterator[Outcome]:
        looker.forget()
        return outcomes(camera, build.recognition(settings, looker, roll, standard, proving), _UNTIL_S)

    return watch


def _trials(presentations: Sequence[Presentation], watch: Watch) -> Iterator[Trial]:
    said = -1
    for done, presentation in enumerate(presentations):
        if (tenth := 10 * done // len(presentations)) != said:
            said = tenth
            say(f"{done} of {len(presentations)} presentations")
        yield present(presentation, watch, build.mesh_of)
