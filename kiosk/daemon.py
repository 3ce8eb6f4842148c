"""The composition root: every part of the daemon, what it is joined to, and the order they start in.

camera ==frames==> vision ==ledger==> uplink ----> broker
                      ^         ^
location ====fixes====+==== rounds: clock and place are watched
"""

import logging
import time
from collections.abc import Callable
from contextlib import closing

from camera import Camera, Frame, open_camera
from kiosk import build
from kiosk.capture import Capture
from kiosk.latest import Latest
from kiosk.location import GpsdClient
from kiosk.notes import Notes
from kiosk.people import People
from kiosk.placekeeper import Placekeeper
from kiosk.recent import RecentFixes
from kiosk.registrar import Registrar
from kiosk.rounds import rounds
from kiosk.screen import Screen
from kiosk.settings import Settings
from kiosk.stagekeeper import Stagekeeper
from kiosk.supervisor import supervise
from kiosk.timekeeper import Timekeeper
from kiosk.version import VERSION
from kiosk.vision import Vision
from kiosk.worker import Worker
from models.embedder import Embedder
from sync.contract import Draft, Place, Started, StartedDetail, Stopped, StoppedDetail
from sync.documents.policy import Policy
from sync.ledger import Ledger

log = logging.getLogger(__name__)


def run(settings: Settings, policy: Callable[[], Policy | None] = lambda: None) -> int:
    """Work by the agency's policy, where there is one, until SIGTERM, SIGINT or the failure of a part; the exit status.

    Raises what is wrong with the settings or the machine before anything has started.
    """
    began_s = time.monotonic()
    camera = open_camera(settings.camera.url, mesh_of=build.mesh_of)
    embedder = build.embedder(settings)
    for member in embedder.missing:
        log.warning(
            "the embedder works without %s, which is not installed; run: kiosk models install %s", member, member
        )
    fixes, screen = build.fixes(settings), Screen()
    clock = build.clock(settings, fixes.newest)
    with camera, closing(build.ledger(settings)) as ledger, build.people(settings) as people:
        ledger.open_or_salvage(lambda event: Draft(event, clock.now(), clock.stamp()))
        clock.remember(ledger)
        notes = Notes(ledger, clock, screen)
        notes.append(Started(detail=StartedDetail(version=VERSION)))
        place = build.place(settings, fixes, clock)
        registrar = Registrar(ledger, build.rules(settings, policy), place=place, clock=clock)
        stagekeeper = Stagekeeper(policy, clock, ledger, notes)
        status = supervise(
            [
                *witnesses(settings, fixes, Timekeeper(clock, ledger, notes, screen), stagekeeper, place, notes),
                *workers(settings, camera, embedder, ledger, people, registrar, notes, screen),
            ]
        )
        reason = "asked to stop" if status == 0 else "a worker failed"
        ran_s = round(time.monotonic() - began_s, 1)
        notes.append(Stopped(detail=StoppedDetail(reason=reason, ran_s=ran_s)))
    return status


def witnesses(
    settings: Settings,
    fixes: RecentFixes,
    timekeeper: Timekeeper,
    stagekeeper: Stagekeeper,
    place: Callable[[], Place],
    notes: Notes,
) -> list[Worker]:
    """The workers that watch time, stage and place."""
    location = GpsdClient(settings.gpsd.host, settings.gpsd.port, fixes.put)
    placekeeper = Placekeeper(place, settings.site.site(), settings.site.moved_after_s, time.monotonic, notes)
    return [
        Worker("location", location.run),
        Worker("rounds", rounds(timekeeper.tick, stagekeeper.tick, placekeeper.tick)),
    ]


def workers(
    settings: Settings,
    camera: Camera,
    embedder: Embedder,
    ledger: Ledger,
    people: People,
    registrar: Registrar,
    notes: Notes,
    screen: Screen,
) -> list[Worker]:
    """The workers of a visit, in the order they start; they stop in reverse."""
    frames: Latest[Frame] = Latest()
    uplink = build.uplink(settings, ledger, VERSION)
    standard = build.standard(settings, embedder)
    vision = Vision(
        frames,
        lambda: build.looker(settings, embedder),
        lambda looker, roll: build.recognition(settings, looker, roll, standard),
        people=people,
        standard=standard,
        registrar=registrar,
        notes=notes,
        screen=screen,
    )
    capture = Capture(camera, settings.camera.name, frames, notes, screen)
    return [
        Worker("uplink", uplink.run),
        Worker("vision", vision.run, interrupt=frames.close),
        Worker("capture", capture.run, interrupt=camera.close),
    ]
