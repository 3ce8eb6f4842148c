"""The composition root: builds every part of the daemon, joins them, and runs the workers.

    capture ==frames==> vision ==visits==> Dialogue --> Registrar --> ledger ==> uplink <--> broker
       |                                      |             ^           ^          |
       |                                    cards         place       events       +==> documents (agency worker)
       |                                      v             |           |
       +==frames==> preview ==> web <===== Screen       location     rounds (monitors)

Lower-case names are workers, each a thread, or stores; `kiosk.app.parts` builds the parts and `kiosk.app.front` those
of the screen. `run` reads from top to bottom: check the machine, build what needs no store, open the stores, build the
rest, run the workers until one fails or the daemon is stopped, and close everything in reverse.
"""

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from random import SystemRandom

from camera import Camera, Frame, about, open_camera
from kiosk.agency.worker import AgencyWorker
from kiosk.app import front, parts
from kiosk.app.capture import Capture
from kiosk.app.front import DaemonParts, VisitParts
from kiosk.app.liveness import level, networks, prover
from kiosk.app.startup import check_camera, check_lasting, opened, when_there_is_room
from kiosk.app.vision import Vision
from kiosk.attendance.evidence import EvidenceVault
from kiosk.clock.event_log import EventLog
from kiosk.dialogue.dialogue import Dialogue
from kiosk.monitors.clock import ClockMonitor
from kiosk.monitors.disk import Archivist, DiskMonitor
from kiosk.monitors.position import MoveMonitor
from kiosk.monitors.stage import StageMonitor
from kiosk.position.gpsd import GpsdClient, RecentFixes
from kiosk.recognition.recognition import PromptRelay
from kiosk.recognition.vision_jobs import VisionJobs
from kiosk.runtime.mailbox import Latest
from kiosk.runtime.supervisor import supervise
from kiosk.runtime.version import VERSION
from kiosk.runtime.worker import Worker, rounds
from kiosk.screen import Screen, Words
from kiosk.settings import Settings
from kiosk.web.preview import Preview
from models.embedder import Embedder
from models.liveness.network import LivenessNetworks
from sync.contract import Draft, Started, StartedDetail, Stopped, StoppedDetail
from sync.mqtt.uplink import Uplink

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Loaded:
    """The networks that are installed. Once the workers run, only the vision worker uses them."""

    embedder: Embedder
    liveness: LivenessNetworks | None


def run(settings: Settings) -> int:
    """Runs the daemon until SIGTERM, SIGINT or the failure of a worker, and returns the exit status.

    Raises an error of the settings or the machine before any worker has started.
    """
    began_s = time.monotonic()
    check_lasting(settings.kiosk.data_dir, may_vanish=settings.kiosk.data_may_vanish)
    camera_about = about(settings.camera.url)
    check_camera(camera_about, demo=settings.camera.demo)
    camera = open_camera(settings.camera.url, mesh_of=parts.mesh_of)
    loaded = Loaded(installed_embedder(settings), networks(settings))
    fixes, screen = parts.recent_fixes(settings), Screen(Words(settings.screen.language))
    clock_by = partial(parts.clock, settings, fix=fixes.newest)
    # A salvage is stamped before the ledger is open, by a clock with the mark of the entries that were kept.
    with camera, opened(settings, lambda event, kept: Draft(event, clock_by(kept).moment()), screen) as stores:
        clock = clock_by(stores.ledger.last_at)
        event_log = EventLog(stores.ledger, clock, screen)
        event_log.record(Started(detail=StartedDetail(version=VERSION, camera=parts.camera_facts(camera_about))))
        preview = Preview(settings.screen.preview_fps)
        shared = DaemonParts(settings, stores, clock, screen, event_log, VisionJobs(), preview)
        agency_worker = parts.agency_worker(settings, stores, event_log, screen, clock, loaded.embedder.model)
        # Put stored documents into force first: nobody is recognised who was taken off the roster, nor by old rules.
        agency_worker.turn()
        evidence = parts.evidence_vault(settings, stores.parcels, stores.ledger, agency_worker.policy)
        when_there_is_room(evidence.reconcile, parts.disk_space(settings), screen)
        site = parts.current_site(settings, agency_worker.policy)
        place = parts.current_place(settings, site, fixes)

        # From a verdict to the ledger and the screen.
        match_policy = parts.match_policy(settings, loaded.embedder)
        registrar = parts.registrar(
            settings, stores.ledger, place, clock, agency_worker, evidence, asks=lambda: screen.watched
        )
        later_shots = parts.later_shots(settings, stores, event_log, agency_worker.policy, clock)
        gallery_cache = parts.gallery_cache(stores.people, match_policy, agency_worker, clock, later_shots)
        dialogue = Dialogue(registrar, event_log, screen, later_shots.offer)
        visit_parts = VisitParts(registrar, dialogue, match_policy, gallery_cache)

        move_monitor = MoveMonitor(place, site, settings.site.moved_after_s, clock, event_log)
        uplink = parts.uplink(settings, stores.ledger, stores.parcels, agency_worker, clock)
        check = front.officer_test(
            settings, stores.ledger, uplink, shared.jobs, clock, fixes=fixes, site=site, words=screen.words
        )
        screen_workers = (
            front.workers(shared, agency_worker, uplink, visit_parts, place, check) if settings.screen.enabled else []
        )
        watching = monitor_workers(shared, fixes, move_monitor, agency_worker, evidence)
        visits = visit_workers(shared, agency_worker, camera, loaded, visit_parts, uplink)
        status = supervise([*screen_workers, *watching, *visits])
        reason = "asked to stop" if status == 0 else "a worker failed"
        ran_s = round(time.monotonic() - began_s, 1)
        event_log.record(Stopped(detail=StoppedDetail(reason=reason, ran_s=ran_s)))
    return status


def installed_embedder(settings: Settings) -> Embedder:
    """Builds the embedder, and logs a warning for each of its members that is not installed."""
    embedder = parts.embedder(settings)
    for member in embedder.missing:
        log.warning(
            "the embedder works without %s, which is not installed; run: kiosk models install %s", member, member
        )
    return embedder


def monitor_workers(
    shared: DaemonParts,
    fixes: RecentFixes,
    move_monitor: MoveMonitor,
    agency_worker: AgencyWorker,
    evidence: EvidenceVault,
) -> list[Worker]:
    """Builds the workers that receive fixes and run the monitors of clock, stage, disk and place."""
    settings, stores, clock = shared.settings, shared.stores, shared.clock
    event_log, screen = shared.event_log, shared.screen
    location = GpsdClient(settings.gpsd.host, settings.gpsd.port, fixes.put)
    clock_monitor = ClockMonitor(clock, stores.ledger, event_log, screen)
    stage_monitor = StageMonitor(agency_worker.policy, clock, stores.ledger, event_log)
    evidence_bytes = round(settings.storage.evidence_mb * 1e6)
    archivist = Archivist(parts.archive(settings, stores.ledger), timedelta(days=settings.storage.keep_entries_days))
    disk_monitor = DiskMonitor(
        parts.disk_space(settings), stores.parcels, evidence, evidence_bytes, clock, event_log, screen, archivist
    )
    return [
        Worker("location", location.run),
        Worker("rounds", rounds(clock_monitor.tick, stage_monitor.tick, disk_monitor.tick, move_monitor.tick)),
    ]


def visit_workers(
    shared: DaemonParts,
    agency_worker: AgencyWorker,
    camera: Camera,
    loaded: Loaded,
    visit_parts: VisitParts,
    uplink: Uplink,
) -> list[Worker]:
    """Builds the workers from the camera to the broker, in the order in which they start. They stop in reverse."""
    settings = shared.settings
    frames: Latest[Frame] = Latest()
    match_policy = visit_parts.match_policy
    proving = prover(level(settings, agency_worker.policy), match_policy.same_person, SystemRandom(), loaded.liveness)
    vision = Vision(
        frames,
        lambda: parts.pipeline(settings, loaded.embedder),
        lambda pipeline, gallery: parts.recognition(settings, pipeline, gallery, match_policy, proving),
        gallery_cache=visit_parts.gallery_cache,
        dialogue=visit_parts.dialogue,
        screen=shared.screen,
        relay=PromptRelay(camera),
        jobs=shared.jobs,
    )
    mailboxes = [frames, shared.preview.frames]
    capture = Capture(camera, settings.camera.name, mailboxes, shared.event_log, shared.screen)
    return [
        Worker("documents", agency_worker.run, interrupt=agency_worker.wake),
        Worker("uplink", uplink.run),
        Worker("vision", vision.run, interrupt=frames.close),
        Worker("capture", capture.run, interrupt=camera.close),
    ]
