"""`kiosk replay`: pushes a source through the recognition of the daemon, faster than real time."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from camera import Camera, open_camera
from kiosk import console
from kiosk.app import parts
from kiosk.attendance.default_rules import AttendanceSettings
from kiosk.attendance.registrar import Registrar, VisitResult, liveness_of
from kiosk.console import ConfigOption, JsonOption, load_settings, write_json
from kiosk.people import EnrolledGallery
from kiosk.recognition.liveness import Level
from kiosk.recognition.outcome import VisitOutcome
from kiosk.recognition.recognition import Recognition, outcomes
from kiosk.settings import Settings
from sync.ledger import Ledger

_Level = Annotated[
    Level | None, typer.Option("--liveness", help="How much of liveness is asked for; else the settings say.")
]


def replay(
    source: Annotated[str, typer.Argument(help="A camera URL, such as file:walk.mp4 or 'person:face.jpg?yaw=25'.")],
    config: ConfigOption = None,
    level: _Level = None,
    as_json: JsonOption = False,
) -> None:
    """Push a video, images or a synthetic person through recognition: one line per visit, nothing kept."""
    settings = load_settings(config)
    with console.quiet(), parts.people(settings) as people, parts.pipeline(settings) as pipeline:
        recognition = parts.stored_recognition(settings, pipeline, people, level or settings.liveness.level)
        with open_camera(source, mesh_of=parts.mesh_of) as camera:
            for visit, result in results(camera, recognition, settings):
                if as_json:
                    write_json(as_document(visit, result))
                else:
                    print(as_line(visit, result, recognition.gallery))


def results(camera: Camera, recognition: Recognition, settings: Settings) -> Iterator[tuple[VisitOutcome, VisitResult]]:
    """Yields every visit and its result, registered in a ledger that is deleted after the replay."""
    open_all_day = AttendanceSettings.all_day().rules()
    with (
        tempfile.TemporaryDirectory(prefix="kiosk-replay-") as folder,
        Ledger(Path(folder) / "ledger.db", settings.kiosk.id, settings.kiosk.unit) as ledger,
    ):
        clock = parts.clock(settings, ledger.last_at)
        place = parts.current_place(settings, settings.site.site, parts.recent_fixes(settings))
        registrar = Registrar(ledger, lambda: open_all_day, place=place, clock=clock)
        for outcome in outcomes(camera, recognition):
            yield outcome, registrar.register(outcome, recognition.gallery)


def as_document(visit: VisitOutcome, result: VisitResult) -> dict[str, object]:
    """Returns one visit for JSON.

    `ms` is the video time from the first good frame to the decision, `at_ms` that from the start of the video.
    """
    nearest = visit.nearest
    return {
        "outcome": result.outcome,
        "person": result.person,
        "score": None if nearest is None else round(nearest.score, 4),
        "margin": None if nearest is None or nearest.margin is None else round(nearest.margin, 4),
        "frames": visit.frames,
        "ms": round(visit.decided_s * 1000),
        "at_ms": round(visit.at_s * 1000),
        "reasons": reasons(visit),
        "liveness": None if visit.proof is None else liveness_of(visit.proof).model_dump(),
    }


def reasons(visit: VisitOutcome) -> list[str]:
    """Returns why a visit was refused, most frequent first, or unknown, or suspected to be a spoof."""
    if visit.kind == "spoof" and visit.proof is not None:
        return [str(reason) for reason in visit.proof.reasons]
    if visit.kind == "unknown":
        return [visit.verdict or "threshold"]
    return [str(reason) for reason, _ in visit.reasons]


def as_line(visit: VisitOutcome, result: VisitResult, gallery: EnrolledGallery) -> str:
    """Returns one visit as a line of text."""
    nearest = visit.nearest
    who = "" if result.person is None else f" {result.person} ({gallery.names[result.person]})"
    score = "" if nearest is None else f", score {nearest.score:.3f}"
    margin = "" if nearest is None or nearest.margin is None else f", margin {nearest.margin:.3f}"
    why = "".join(f", {reason}" for reason in reasons(visit))
    asked = "" if visit.proof is None or visit.proof.challenge is None else f", asked to {visit.proof.challenge}"
    return f"{visit.at_s:7.2f} s  {result.outcome}{who}{score}{margin}, {visit.frames} good frames{asked}{why}"
