"""The command `kiosk demo`: the whole system on this machine, with synthetic people before the camera."""

import signal
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from camera import open_camera
from kiosk import console
from kiosk import settings as settings_file
from kiosk.app import parts
from kiosk.console import JsonOption, describe, output_file, say
from kiosk.lab.demo import picture, show
from kiosk.lab.demo.office import Office
from kiosk.recognition.recognition import CameraRelay, prompt_of
from kiosk.runtime.errors import KioskError
from kiosk.settings import Settings
from models.assets import AssetStore
from sync.contract import RecordEntry
from sync.mqtt.listener import Received

_PICTURE = Path("build/demo/visit.png")


def demo(
    count: Annotated[int, typer.Option("--visits", min=1, max=20, help="Walk-ups: a colleague, a stranger, ...")] = 2,
    as_json: JsonOption = False,
    keep: Annotated[bool, typer.Option("--keep", help="Stay up at the end, until Ctrl-C.")] = False,
    picture_file: Annotated[Path, typer.Option("--picture", help="Where the annotated picture goes.")] = _PICTURE,
) -> None:
    """Walk synthetic people up to a real kiosk, with a real broker and a real gpsd, and show what a subscriber gets."""
    output_file(picture_file)
    assets = AssetStore()
    known, stranger = assets.path(show.KNOWN), assets.path(show.STRANGER)
    urls = [
        show.walk_url(stranger, number, known=False) if number % 2 else show.walk_url(known, number, known=True)
        for number in range(count)
    ]
    with console.quiet(), tempfile.TemporaryDirectory(prefix="kiosk-demo-") as name:
        folder = Path(name)
        with Office(folder, urls) as office:
            settings = settings_file.load(office.settings)
            say(f"demo: mosquitto on port {settings.broker.port}, gpsd on port {settings.gpsd.port}, data in {folder}")
            show.enrol(settings, known)
            say(f"demo: {show.NAME} is enrolled from one photo")
            fix = office.wait_for_fix()
            say(f"demo: gpsd has a {fix.mode}-D fix at {fix.lat:.6f}, {fix.lon:.6f}")
            first = _watch(office, settings, folder / "daemon.log", count, as_json)
            _draw(settings, urls[0], first, picture_file)
            say(f"demo: the decisive frame of the first visit, face as mesh only: {picture_file}")
            if keep:
                _stay(office)


def _watch(office: Office, settings: Settings, log: Path, count: int, as_json: bool) -> RecordEntry:
    """Run the daemon through all walk-ups and print what the subscriber gets. Returns the first record.

    Raises KioskError with the end of the daemon's log when no record arrives.
    """
    records, seen = [], 0
    try:
        with show.subscriber(settings) as arrivals, show.daemon(office.settings, log) as child:
            say(f"demo: {count} people walk up to `kiosk run`; this is what a subscriber receives")
            for arrival in show.visits(arrivals, child):
                _print(arrival, as_json)
                seen += 1
                if isinstance(arrival.entry, RecordEntry):
                    records.append(arrival.entry)
    except KioskError as error:
        raise KioskError(f"{error}; the daemon's log:\n{log.read_text('utf-8', 'replace')[-3000:]}") from error
    silent = count - seen
    if silent:
        say(f"demo: {silent} more had been recorded before: no second record is made")
    if not records:
        raise KioskError(f"no record arrived; the daemon's log:\n{log.read_text('utf-8', 'replace')[-3000:]}")
    return records[0]


def _print(arrival: Received, as_json: bool) -> None:
    print(arrival.payload.decode() if as_json else describe(arrival.entry), flush=True)


def _draw(settings: Settings, url: str, record: RecordEntry, path: Path) -> None:
    """Draw the decisive frame of the first visit. The walk-up is played again for it, faster than real time."""
    with parts.pipeline(settings) as pipeline, parts.people(settings) as people:
        recognition = parts.stored_recognition(settings, pipeline, people, settings.liveness.level)
        names = recognition.gallery.names
        with open_camera(url.replace("&realtime=1", ""), mesh_of=parts.mesh_of) as camera:
            relay = CameraRelay(camera)
            while (frame := camera.read()) is not None:
                outcome = recognition.process(frame)
                relay.ask(prompt_of(recognition.asked), frame.at_s)
                if outcome is not None and recognition.analysis is not None:
                    picture.draw_visit(path, frame, recognition.analysis, names[record.body.person], _facts(record))
                    return
    raise KioskError("the first walk-up did not come to a decision the second time")


def _facts(record: RecordEntry) -> list[tuple[str, str]]:
    body, place = record.body, record.body.place
    match = body.match
    return [
        ("recorded", record.at.strftime("%Y-%m-%d %H:%M:%S %Z")),
        ("session", f"{body.session}, stage {body.stage}"),
        ("receipt", body.receipt),
        ("score", "" if match is None else f"{match.score:.3f} (threshold {match.threshold}), {match.frames} frames"),
        ("place", f"{place.lat:.6f}, {place.lon:.6f} ({place.source})"),
        ("from site", f"{place.from_site_m:.1f} m, {'inside' if place.inside else 'outside'}"),
        ("ledger", f"#{record.seq}, {record.hash[:16]}..."),
    ]


def _stay(office: Office) -> None:
    say(f"demo: staying up; in another terminal: kiosk listen --config {office.settings}. Ctrl-C ends")
    try:
        signal.pause()
    except KeyboardInterrupt:
        say("demo: stopping")
