"""The composition root: every part of the daemon, what it is joined to, and the order they start in.

camera ==frames==> vision ==ledger==> uplink ----> broker
          |           ^         ^
location =|==fixes====+==== rounds: clock, place and disk are watched
          +==> preview ----> web <==screen== whoever has something to say
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
    """The networks that are installed; once it runs, vision's thread alone asks them."""

    embedder: Embedder
    liveness: LivenessNetworks | None


def run(settings: Settings) -> int:
    """Work until SIGTERM, SIGINT or the failure of a part; the exit status.

    Raises what is wrong with the settings or the machine before anything has started.
    """
    began_s = time.monotonic()
    check_lasting(settings.kiosk.data_dir, may_vanish=settings.kiosk.data_may_vanish)
    seen_by = about(settings.camera.url)
    check_camera(seen_by, demo=settings.camera.demo)
    camera = open_camera(settings.camera.url, mesh_of=parts.mesh_of)
    loaded = Loaded(installed_embedder(settings), networks(settings))
    fixes, screen = parts.fixes(settings), Screen(Words(settings.screen.language))
    clock_by = partial(parts.clock, settings, fix=fixes.newest)
    # A ledger that is salvaged is stamped before it can be opened, by the entries that were kept.
    with camera, opened(settings, lambda event, kept: Draft(event, clock_by(kept).moment()), screen) as stores:
        clock = clock_by(stores.ledger.last_at)
        event_log = EventLog(stores.ledger, clock, screen)
        event_log.record(Started(detail=StartedDetail(version=VERSION, camera=parts.camera_facts(seen_by))))
        preview = Preview(settings.screen.preview_fps)
        shared = DaemonParts(settings, stores, clock, screen, event_log, VisionJobs(), preview)
        agency_worker = parts.agency_worker(settings, stores, event_log, screen, clock, loaded.embedder.model)
        agency_worker.turn()  # nobody is recognised who was taken off the roster, nor by rules that hold no more
        evidence = parts.evidence(settings, stores.parcels, stores.ledger, agency_worker.policy)
        when_there_is_room(evidence.reconcile, parts.room(settings), screen)
        site = parts.site(settings, agency_worker.policy)
        place = parts.place(settings, site, fixes)
        match_policy = parts.match_policy(settings, loaded.embedder)
        registrar = parts.registrar(
            settings, stores.ledger, place, clock, agency_worker, evidence, asks=lambda: screen.watched
        )
        gallery_cache = parts.gallery_cache(stores.people, match_policy, agency_worker, clock)
        reception = VisitParts(registrar, Dialogue(registrar, event_log, screen), match_policy, gallery_cache)
        move_monitor = MoveMonitor(place, site, settings.site.moved_after_s, clock, event_log)
        uplink = parts.uplink(settings, stores.ledger, stores.parcels, agency_worker, clock)
        check = front.trials(
            settings, stores.ledger, uplink, shared.jobs, clock, fixes=fixes, site=site, words=screen.words
        )
        showing = (
            front.workers(shared, agency_worker, uplink, reception, place, check) if settings.screen.enabled else []
        )
        watching = witnesses(shared, fixes, move_monitor, agency_worker, evidence)
        status = supervise([*showing, *watching, *workers(shared, agency_worker, camera, loaded, reception, uplink)])
        reason = "asked to stop" if status == 0 else "a worker failed"
        ran_s = round(time.monotonic() - began_s, 1)
        event_log.record(Stopped(detail=StoppedDetail(reason=reason, ran_s=ran_s)))
    return status


def installed_embedder(settings: Settings) -> Embedder:
    """The embedder, with a warning for each of its members that is not there."""
    embedder = parts.embedder(settings)
    for member in embedder.missing:
        log.warning(
            "the embedder works without %s, which is not installed; run: kiosk models install %s", member, member
        )
    return embedder


def witnesses(
    shared: DaemonParts,
    fixes: RecentFixes,
    move_monitor: MoveMonitor,
    agency_worker: AgencyWorker,
    evidence: EvidenceVault,
) -> list[Worker]:
    """The workers that watch time, stage, disk and place."""
    settings, stores, clock = shared.settings, shared.stores, shared.clock
    event_log, screen = shared.event_log, shared.screen
    location = GpsdClient(settings.gpsd.host, settings.gpsd.port, fixes.put)
    clock_monitor = ClockMonitor(clock, stores.ledger, event_log, screen)
    stage_monitor = StageMonitor(agency_worker.policy, clock, stores.ledger, event_log)
    evidence_bytes = round(settings.storage.evidence_mb * 1e6)
    archivist = Archivist(parts.archive(settings, stores.ledger), timedelta(days=settings.storage.keep_entries_days))
    disk_monitor = DiskMonitor(
        parts.room(settings), stores.parcels, evidence, evidence_bytes, clock, event_log, screen, archivist
    )
    return [
        Worker("location", location.run),
        Worker("rounds", rounds(clock_monitor.tick, stage_monitor.tick, disk_monitor.tick, move_monitor.tick)),
    ]


def workers(
    shared: DaemonParts,
    agency_worker: AgencyWorker,
    camera: Camera,
    loaded: Loaded,
    reception: VisitParts,
    uplink: Uplink,
) -> list[Worker]:
    """The workers of a visit, in the order they start; they stop in reverse."""
    settings = shared.settings
    frames: Latest[Frame] = Latest()
    match_policy = reception.match_policy
    proving = prover(level(settings, agency_worker.policy), match_policy.same_person, SystemRandom(), loaded.liveness)
    vision = Vision(
        frames,
        lambda: parts.pipeline(settings, loaded.embedder),
        lambda pipeline, gallery: parts.recognition(settings, pipeline, gallery, match_policy, proving),
        gallery_cache=reception.gallery_cache,
        dialogue=reception.dialogue,
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
