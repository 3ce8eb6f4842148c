"""The composition root: every part of the daemon, what it is joined to, and the order they start in.

camera ==frames==> vision ==ledger==> uplink ----> broker
                      ^         ^
location ====fixes====+==== rounds: clock, place and disk are watched
"""

import logging
import time
from collections.abc import Callable, Sequence

from camera import Camera, Frame, open_camera
from kiosk import build
from kiosk.capture import Capture
from kiosk.latest import Latest
from kiosk.location import GpsdClient
from kiosk.notes import Notes
from kiosk.placekeeper import Placekeeper
from kiosk.recent import RecentFixes
from kiosk.registrar import Registrar
from kiosk.rounds import rounds
from kiosk.screen import Screen
from kiosk.settings import Settings
from kiosk.starting import check_lasting, when_there_is_room
from kiosk.storekeeper import Storekeeper
from kiosk.stores import Stores, opened
from kiosk.supervisor import supervise
from kiosk.timekeeper import Timekeeper
from kiosk.version import VERSION
from kiosk.vision import Vision
from kiosk.worker import Worker
from models.embedder import Embedder
from sync.contract import Draft, Place, Started, StartedDetail, Stopped, StoppedDetail

log = logging.getLogger(__name__)


def run(settings: Settings) -> int:
    """Work until SIGTERM, SIGINT or the failure of a part; the exit status.

    Raises what is wrong with the settings or the machine before anything has started.
    """
    began_s = time.monotonic()
    check_lasting(settings.kiosk.data_dir, may_vanish=settings.kiosk.data_may_vanish)
    camera = open_camera(settings.camera.url, mesh_of=build.mesh_of)
    embedder = installed_embedder(settings)
    fixes, screen = build.fixes(settings), Screen()
    clock = build.clock(settings, fixes.newest)
    with camera, opened(settings, lambda event: Draft(event, clock.now(), clock.stamp()), screen) as stores:
        ledger = stores.ledger
        clock.remember(ledger)
        notes = Notes(ledger, clock, screen)
        notes.append(Started(detail=StartedDetail(version=VERSION)))
        place = build.place(settings, fixes, clock)
        room, evidence = build.room(settings), build.evidence(settings, stores.parcels, ledger)
        when_there_is_room(evidence.settle, room, screen)
        evidence_bytes = round(settings.storage.evidence_mb * 1e6)
        storekeeper = Storekeeper(room, stores.parcels, evidence, evidence_bytes, clock, notes, screen)
        keepers = [Timekeeper(clock, ledger, notes, screen).tick, storekeeper.tick]
        registrar = build.registrar(settings, ledger, place, clock, room, evidence)
        status = supervise(
            [
                *witnesses(settings, fixes, keepers, place, notes),
                *workers(settings, camera, embedder, stores, registrar, notes, screen),
            ]
        )
        reason = "asked to stop" if status == 0 else "a worker failed"
        ran_s = round(time.monotonic() - began_s, 1)
        notes.append(Stopped(detail=StoppedDetail(reason=reason, ran_s=ran_s)))
    return status


def installed_embedder(settings: Settings) -> Embedder:
    """The embedder, with a warning for each of its members that is not there."""
    embedder = build.embedder(settings)
    for member in embedder.missing:
        log.warning(
            "the embedder works without %s, which is not installed; run: kiosk models install %s", member, member
        )
    return embedder


def witnesses(
    settings: Settings,
    fixes: RecentFixes,
    keepers: Sequence[Callable[[], None]],
    place: Callable[[], Place],
    notes: Notes,
) -> list[Worker]:
    """The workers that watch time, place and disk; `keepers` are called once a second."""
    location = GpsdClient(settings.gpsd.host, settings.gpsd.port, fixes.put)
    placekeeper = Placekeeper(place, settings.site.site(), settings.site.moved_after_s, time.monotonic, notes)
    return [
        Worker("location", location.run),
        Worker("rounds", rounds(*keepers, placekeeper.tick)),
    ]


def workers(
    settings: Settings,
    camera: Camera,
    embedder: Embedder,
    stores: Stores,
    registrar: Registrar,
    notes: Notes,
    screen: Screen,
) -> list[Worker]:
    """The workers of a visit, in the order they start; they stop in reverse."""
    frames: Latest[Frame] = Latest()
    uplink = build.uplink(settings, stores.ledger, stores.parcels, VERSION)
    standard = build.standard(settings, embedder)
    vision = Vision(
        frames,
        lambda: build.looker(settings, embedder),
        lambda looker, roll: build.recognition(settings, looker, roll, standard),
        people=stores.people,
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
