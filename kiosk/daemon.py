"""The composition root: every part of the daemon, what it is joined to, and the order they start in.

camera ==frames==> vision ==ledger==> uplink ----> broker
                      ^         ^
location ====fixes====+==== rounds: clock and place are watched
"""

import logging
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from camera import Camera, Frame, open_camera
from kiosk import build
from kiosk.capture import Capture
from kiosk.clock import SystemClock
from kiosk.documents.desk import Desk
from kiosk.latest import Latest
from kiosk.location import GpsdClient
from kiosk.notes import Notes
from kiosk.people import People
from kiosk.placekeeper import Placekeeper
from kiosk.recent import RecentFixes
from kiosk.registrar import Registrar
from kiosk.rounds import rounds
from kiosk.rules.place import Site
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
from sync.ledger import Ledger

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shared:
    """The meeting points that most parts are joined to."""

    settings: Settings
    ledger: Ledger
    people: People
    clock: SystemClock
    screen: Screen
    notes: Notes


def run(settings: Settings) -> int:
    """Work until SIGTERM, SIGINT or the failure of a part; the exit status.

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
    with (
        camera,
        closing(build.ledger(settings)) as ledger,
        build.people(settings) as people,
        build.documents(settings) as documents,
    ):
        ledger.open_or_salvage(lambda event: Draft(event, clock.now(), clock.stamp()))
        clock.remember(ledger)
        notes = Notes(ledger, clock, screen)
        notes.append(Started(detail=StartedDetail(version=VERSION)))
        shared = Shared(settings, ledger, people, clock, screen, notes)
        desk = build.desk(settings, documents, people, ledger, notes, screen, clock, embedder.model)
        desk.turn()  # nobody is recognised who was taken off the roster, nor by rules that hold no more
        site = build.site(settings, desk.policy)
        place = build.place(settings, site, fixes, clock)
        status = supervise(
            [*witnesses(shared, desk, fixes, site, place), *workers(shared, desk, camera, embedder, place)]
        )
        reason = "asked to stop" if status == 0 else "a worker failed"
        ran_s = round(time.monotonic() - began_s, 1)
        notes.append(Stopped(detail=StoppedDetail(reason=reason, ran_s=ran_s)))
    return status


def witnesses(
    shared: Shared, desk: Desk, fixes: RecentFixes, site: Callable[[], Site], place: Callable[[], Place]
) -> list[Worker]:
    """The workers that watch time, stage and place."""
    settings, clock, notes = shared.settings, shared.clock, shared.notes
    location = GpsdClient(settings.gpsd.host, settings.gpsd.port, fixes.put)
    timekeeper = Timekeeper(clock, shared.ledger, notes, shared.screen)
    stagekeeper = Stagekeeper(desk.policy, clock, shared.ledger, notes)
    placekeeper = Placekeeper(place, site, settings.site.moved_after_s, time.monotonic, notes)
    return [
        Worker("location", location.run),
        Worker("rounds", rounds(timekeeper.tick, stagekeeper.tick, placekeeper.tick)),
    ]


def workers(shared: Shared, desk: Desk, camera: Camera, embedder: Embedder, place: Callable[[], Place]) -> list[Worker]:
    """The workers of a visit, in the order they start; they stop in reverse."""
    settings, clock = shared.settings, shared.clock
    frames: Latest[Frame] = Latest()
    uplink = build.uplink(settings, shared.ledger, desk)
    standard = build.standard(settings, embedder)
    rules = build.rules(settings, desk.policy)
    vision = Vision(
        frames,
        lambda: build.looker(settings, embedder),
        lambda looker, roll: build.recognition(settings, looker, roll, standard),
        keeper=build.keeper(shared.people, standard, desk, clock),
        registrar=Registrar(shared.ledger, rules, place=place, clock=clock, roster=desk.roster_version),
        notes=shared.notes,
        screen=shared.screen,
    )
    capture = Capture(camera, settings.camera.name, frames, shared.notes, shared.screen)
    return [
        Worker("documents", desk.run),
        Worker("uplink", uplink.run),
        Worker("vision", vision.run, interrupt=frames.close),
        Worker("capture", capture.run, interrupt=camera.close),
    ]
