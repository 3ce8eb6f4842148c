"""The parts a command or the daemon is made of, from the settings. Nothing here starts anything."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from camera import About, Image, about
from kiosk.agency.acceptance import DocumentAcceptance, UnitKeys
from kiosk.agency.commands import Commands, Reporter, ScreenNotice
from kiosk.agency.policies import PolicyInForce
from kiosk.agency.refusals import Refusals
from kiosk.agency.roster import RosterInForce
from kiosk.agency.roster_enroller import RosterEnroller
from kiosk.agency.store import Documents
from kiosk.agency.worker import AgencyParts, AgencyWorker, DocumentRequests
from kiosk.app.liveness import networks, prover, repeatable
from kiosk.attendance.evidence import EvidenceVault
from kiosk.attendance.registrar import Registrar
from kiosk.clock.clock import JudgedMoment, SystemClock, mark_of
from kiosk.clock.event_log import EventLog
from kiosk.people import EnrolledGallery, MatchPolicy, People, stored_gallery
from kiosk.position.gpsd import RecentFixes
from kiosk.position.place import Fix, Site, place_of
from kiosk.recognition.gallery_cache import GalleryCache
from kiosk.recognition.liveness import Level, LivenessSession
from kiosk.recognition.pipeline import FacePipeline
from kiosk.recognition.recognition import Recognition
from kiosk.runtime.errors import PhotoError
from kiosk.runtime.version import VERSION
from kiosk.screen import Screen
from kiosk.settings import Settings
from kiosk.storage.disk import DiskSpace
from kiosk.storage.vault import DeviceSecret
from models.assets import AssetStore
from models.calibration import calibration_for
from models.detector import FaceDetector
from models.embedder import Embedder
from models.embedder import load as load_embedder
from models.landmarks import LandmarkFinder
from models.liveness.network import crops
from sync.contract import CameraFacts, Place
from sync.contract.topics import Topics
from sync.documents.policy import Policy, Rules
from sync.documents.sealing import Opener
from sync.export.archive import Archive
from sync.ledger import Ledger
from sync.mqtt.downlink import Downlink
from sync.mqtt.statuses import StatusFacts
from sync.mqtt.uplink import Uplink
from sync.parcels import Parcels, evidence_purpose
from sync.store.salvage import LastAt


@dataclass(frozen=True, slots=True)
class Stores:
    """What is recorded, who may be recognised, what is sealed for the agency, and what the agency says."""

    ledger: Ledger
    people: People
    parcels: Parcels
    documents: Documents


def embedder(settings: Settings) -> Embedder:
    """The embedder the settings name. AssetMissingError when it is not installed."""
    chosen = settings.recognition
    return load_embedder(AssetStore(chosen.models_dir), chosen.embedder, chosen.threads)


def pipeline(settings: Settings, loaded: Embedder | None = None) -> FacePipeline:
    """The recognition path, for the thread that calls this; `loaded` is the settings' embedder if it is there yet."""
    known = loaded or embedder(settings)  # first: when it is missing, no graph has been started
    cut = crops if settings.liveness.network else None
    return FacePipeline(FaceDetector(), LandmarkFinder(), known, settings.quality.limits(), cut)


def match_policy(settings: Settings, loaded: Embedder) -> MatchPolicy:
    """What a match must reach with this embedder. CalibrationError when nothing says what its scores are worth."""
    chosen = settings.recognition
    calibration = calibration_for(loaded.model, own_calibration(settings))
    return MatchPolicy(calibration, chosen.fpir, loaded.lead, loaded.dimension, chosen.threshold, chosen.min_margin)


def recognition(
    settings: Settings,
    pipeline: FacePipeline,
    gallery: EnrolledGallery,
    match_policy: MatchPolicy,
    proving: Callable[[], LivenessSession],
) -> Recognition:
    """The path of every frame, against a roll."""
    limits = settings.recognition.visit(match_policy.same_person)
    return Recognition(pipeline, gallery, limits, settings.camera.idle_detect_hz, proving)


def stored_recognition(settings: Settings, pipeline: FacePipeline, people: People, level: Level) -> Recognition:
    """The path of every frame, against everybody who is enrolled now; what it asks for can be repeated."""
    found = match_policy(settings, pipeline.embedder)
    proving = prover(lambda: level, found.same_person, repeatable(0), networks(settings))
    return recognition(settings, pipeline, stored_gallery(people, found), found, proving)


def own_calibration(settings: Settings) -> Path:
    """Where the table lies that was measured on this device, if one was."""
    return settings.kiosk.data_dir / "calibration.json"


def people(settings: Settings) -> People:
    """The store of enrolled people."""
    folder = settings.kiosk.data_dir
    return People(folder / "people.db", DeviceSecret.of(folder))


def ledger(settings: Settings) -> Ledger:
    """The ledger, not yet open."""
    return Ledger(settings.kiosk.data_dir / "ledger.db", settings.kiosk.id, settings.kiosk.unit)


def archive(settings: Settings, ledger: Ledger) -> Archive:
    """Where entries go that were delivered long ago."""
    return Archive(ledger, settings.kiosk.data_dir / "archive")


def parcels(settings: Settings) -> Parcels:
    """What waits beside the ledger to be published, not yet open."""
    return Parcels(settings.kiosk.data_dir / "parcels.db")


def room(settings: Settings) -> DiskSpace:
    """The disk that the data lies on."""
    storage = settings.storage
    return DiskSpace(settings.kiosk.data_dir, round(storage.low_mb * 1e6), round(storage.stop_mb * 1e6))


def evidence(
    settings: Settings, parcels: Parcels, ledger: Ledger, policy: Callable[[], Policy | None]
) -> EvidenceVault:
    """What keeps the evidence of records, where the agency's policy wants it; without one, the settings."""

    def wanted() -> bool:
        found = policy()
        return (settings.attendance if found is None else found).evidence == "records"

    return EvidenceVault(
        parcels,
        ledger,
        room(settings),
        wanted=wanted,
        seal_to=settings.agency.pinned().seal_to,
        purpose=evidence_purpose(settings.kiosk.unit, settings.kiosk.id),
    )


def clock(settings: Settings, last_at: LastAt, fix: Callable[[], Fix | None] = lambda: None) -> SystemClock:
    """The machine's clock in the kiosk's zone, judged by the ledger and by the receiver's newest fix too. One serves
    the whole process: another would not know how far this one has come."""
    zone, max_age_s = ZoneInfo(settings.kiosk.timezone), settings.gpsd.max_age_s
    return SystemClock(zone, mark_of(last_at), fix=fix, max_age_s=max_age_s)


def topics(settings: Settings) -> Topics:
    """The topics of this kiosk."""
    return Topics(settings.kiosk.topic_root, settings.kiosk.unit, settings.kiosk.id)


def camera_facts(about: About) -> CameraFacts:
    """A camera as events and status tell of it."""
    return CameraFacts(scheme=about.scheme, model=about.model)


def uplink(settings: Settings, ledger: Ledger, parcels: Parcels, downlink: Downlink, clock: SystemClock) -> Uplink:
    """What sends ledger and parcels to the broker, and hands on what comes down."""
    disk, camera = room(settings), camera_facts(about(settings.camera.url))

    def facts() -> StatusFacts:
        moment = clock.moment()
        return StatusFacts(moment.at, moment.clock.boot_id, VERSION, disk.free_bytes(), camera)

    return Uplink(settings.broker, topics(settings), ledger, parcels, facts, settings.agency.pinned(), downlink)


def documents(settings: Settings) -> Documents:
    """The store of the agency's documents."""
    folder = settings.kiosk.data_dir
    return Documents(folder / "documents.db", DeviceSecret.of(folder))


def acceptance(settings: Settings, store: Documents) -> DocumentAcceptance:
    """What judges the agency's documents. KeyFileError when the unit's key is there and cannot be used."""
    unit_key = settings.kiosk.data_dir / "unit.key"
    opener = Opener.load(unit_key) if unit_key.exists() else None
    return DocumentAcceptance(store, UnitKeys(settings.kiosk.unit, settings.agency.pinned().agency, opener))


def agency_worker(
    settings: Settings, stores: Stores, event_log: EventLog, screen: Screen, clock: SystemClock, model: str
) -> AgencyWorker:
    """What makes the agency's documents hold, for people as `model` sees them."""
    store, people, accepts = stores.documents, stores.people, acceptance(settings, stores.documents)
    refusals = Refusals(store, event_log, clock.monotonic)
    roster = RosterInForce(store, accepts, people, stores.ledger, event_log, model, forget=stores.parcels.forget)
    policies = PolicyInForce(store, accepts, people, stores.ledger, event_log, clock)
    notice = ScreenNotice(screen, clock.monotonic)
    reporter = Reporter(VERSION, stores.ledger, people, roster, policies, clock)
    commands = Commands(store, refusals, notice, reporter.facts, lambda: stores.ledger.begins_after().seq)
    parts = AgencyParts(store, people, accepts, roster, policies, refusals, commands, notice)
    requests = DocumentRequests(topics(settings), clock.monotonic, documents=settings.agency.key is not None)
    return AgencyWorker(topics(settings), parts, requests, clock)


def gallery_cache(
    people: People, match_policy: MatchPolicy, agency_worker: AgencyWorker, clock: SystemClock
) -> GalleryCache:
    """What keeps the roll current: with the roster's newcomers, and as sure as the agency's policy wants it."""

    def now() -> MatchPolicy:
        policy = agency_worker.policy()
        return match_policy if policy is None or policy.fpir is None else replace(match_policy, fpir=policy.fpir)

    return GalleryCache(people, now, RosterEnroller(agency_worker.parts, match_policy, clock).step)


def fixes(settings: Settings) -> RecentFixes:
    """Where the receiver's positions are kept for as long as the rules look back."""
    return RecentFixes(settings.gpsd.track().keep_s)


def site(settings: Settings, policy: Callable[[], Policy | None]) -> Callable[[], Site]:
    """The office when it is asked: as the agency's policy says, else the settings."""

    def here() -> Site:
        found = policy()
        fence = None if found is None else found.fence
        return settings.site.site() if fence is None else Site(fence.lat, fence.lon, fence.radius_m)

    return here


def place(settings: Settings, site: Callable[[], Site], track: RecentFixes) -> Callable[[JudgedMoment], Place]:
    """What tells where the kiosk is at a moment."""
    limits = settings.gpsd.track()

    def here(moment: JudgedMoment) -> Place:
        return place_of(track.get(), site(), moment.monotonic_s, limits, clock_disagrees=moment.found.disagrees)

    return here


def rules(settings: Settings, policy: Callable[[], Policy | None]) -> Callable[[], Rules]:
    """The rules that hold when it is asked: the agency's once there are any, else the settings'."""
    own = settings.attendance.rules()
    return lambda: policy() or own


def registrar(
    settings: Settings,
    ledger: Ledger,
    place: Callable[[JudgedMoment], Place],
    clock: SystemClock,
    agency_worker: AgencyWorker,
    evidence: EvidenceVault,
    asks: Callable[[], bool],
) -> Registrar:
    """What writes visits into the ledger, by the rules of the agency where there are any. `asks` is as for it."""
    return Registrar(
        ledger,
        rules(settings, agency_worker.policy),
        place=place,
        clock=clock,
        roster=agency_worker.roster_version,
        room=room(settings),
        evidence=evidence,
        asks=asks,
        source=about(settings.camera.url).source,
    )


def mesh_of(image: Image) -> NDArray[np.float32]:
    """The landmarks of a photo's face, for the synthetic person. PhotoError when there is none."""
    with FaceDetector() as detector, LandmarkFinder() as finder:
        rgb = np.ascontiguousarray(image[..., ::-1])
        faces = detector.detect(rgb)
        points = finder.find(rgb, faces[0].box) if faces else None
    if points is None:
        raise PhotoError("no face was found in the photo that is to walk up; take one from the front in good light")
    return points
