"""Builds the parts of the daemon and of the commands from the settings.

Each function is named after what it builds. Building neither starts threads nor opens stores nor connects; `opened` in
kiosk/app/startup.py opens the stores, and `run` in kiosk/app/daemon.py starts the workers. A function whose name begins
with `current_` returns a callable that looks the value up whenever it is called, since the agency may change it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from camera import About, Camera, Image, Orientation, Oriented, about, open_camera
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
from kiosk.enrolment.later_shots import LaterShots
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
    """The stores of the kiosk: ledger, enrolled people, sealed parcels for the agency, and the agency's documents."""

    ledger: Ledger
    people: People
    parcels: Parcels
    documents: Documents


def embedder(settings: Settings) -> Embedder:
    """Builds the best embedder of the settings that is installed. Raises AssetMissingError when none is."""
    chosen = settings.recognition
    return load_embedder(AssetStore(chosen.models_dir), chosen.embedders, chosen.threads)


def pipeline(settings: Settings, loaded: Embedder | None = None) -> FacePipeline:
    """Builds the pipeline from a frame to its analysis, which only the calling thread may use.

    `loaded` is the embedder of the settings, if it is loaded already.
    """
    known = loaded or embedder(settings)  # first, so that no detector has to be closed when it is missing
    cut = crops if settings.liveness.network else None
    return FacePipeline(FaceDetector(), LandmarkFinder(), known, settings.quality.limits(), cut)


def match_policy(settings: Settings, loaded: Embedder) -> MatchPolicy:
    """Builds the limits that a match must reach. Raises CalibrationError when this embedder has no calibration."""
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
    """Builds the recognition of visits against `gallery`. `proving` begins the liveness session of a visit."""
    limits = settings.recognition.visit(match_policy.same_person)
    return Recognition(pipeline, gallery, limits, settings.camera.idle_detect_hz, proving)


def stored_recognition(settings: Settings, pipeline: FacePipeline, people: People, level: Level) -> Recognition:
    """Builds the recognition against everybody who is enrolled now.

    Its challenges are drawn with a fixed seed, so that a run can be repeated.
    """
    policy = match_policy(settings, pipeline.embedder)
    proving = prover(lambda: level, policy.same_person, repeatable(0), networks(settings))
    return recognition(settings, pipeline, stored_gallery(people, policy), policy, proving)


def own_calibration(settings: Settings) -> Path:
    """Returns the path of the calibration that was measured on this device, if one was."""
    return settings.kiosk.data_dir / "calibration.json"


def people(settings: Settings) -> People:
    """Builds the store of enrolled people, not yet open."""
    folder = settings.kiosk.data_dir
    return People(folder / "people.db", DeviceSecret.of(folder))


def ledger(settings: Settings) -> Ledger:
    """Builds the ledger, not yet open."""
    return Ledger(settings.kiosk.data_dir / "ledger.db", settings.kiosk.id, settings.kiosk.unit)


def archive(settings: Settings, ledger: Ledger) -> Archive:
    """Builds the archive of entries that were delivered long ago."""
    return Archive(ledger, settings.kiosk.data_dir / "archive")


def parcels(settings: Settings) -> Parcels:
    """Builds the store of sealed parcels that wait to be sent, not yet open."""
    return Parcels(settings.kiosk.data_dir / "parcels.db")


def disk_space(settings: Settings) -> DiskSpace:
    """Builds the measure of the free space of the disk that the data lies on."""
    storage = settings.storage
    return DiskSpace(settings.kiosk.data_dir, round(storage.low_mb * 1e6), round(storage.stop_mb * 1e6))


def evidence_vault(
    settings: Settings, parcels: Parcels, ledger: Ledger, policy: Callable[[], Policy | None]
) -> EvidenceVault:
    """Builds the vault of evidence, which keeps it if the policy in force, or without one the settings, say so."""

    def wanted() -> bool:
        found = policy()
        return (settings.attendance if found is None else found).evidence == "records"

    return EvidenceVault(
        parcels,
        ledger,
        disk_space(settings),
        wanted=wanted,
        seal_to=settings.agency.pinned().seal_to,
        purpose=evidence_purpose(settings.kiosk.unit, settings.kiosk.id),
    )


def clock(settings: Settings, last_at: LastAt, fix: Callable[[], Fix | None] = lambda: None) -> SystemClock:
    """Builds the clock of the machine in the kiosk's zone, judged by the ledger and the receiver's newest `fix` too.

    A process has one clock: a second one would not share its high-water mark. `last_at` is that of the ledger.
    """
    zone, max_age_s = ZoneInfo(settings.kiosk.timezone), settings.gpsd.max_age_s
    return SystemClock(zone, mark_of(last_at), fix=fix, max_age_s=max_age_s)


def topics(settings: Settings) -> Topics:
    """Builds the names of the topics of this kiosk."""
    return Topics(settings.kiosk.topic_root, settings.kiosk.unit, settings.kiosk.id)


def camera_facts(about: About) -> CameraFacts:
    """Returns a camera in the form that events and status messages carry."""
    return CameraFacts(scheme=about.scheme, model=about.model)


def uplink(settings: Settings, ledger: Ledger, parcels: Parcels, downlink: Downlink, clock: SystemClock) -> Uplink:
    """Builds the uplink, which sends ledger and parcels to the broker and gives incoming messages to `downlink`."""
    disk, camera = disk_space(settings), camera_facts(about(settings.camera.url))

    def facts() -> StatusFacts:
        moment = clock.moment()
        return StatusFacts(moment.at, moment.clock.boot_id, VERSION, disk.free_bytes(), camera)

    return Uplink(settings.broker, topics(settings), ledger, parcels, facts, settings.agency.pinned(), downlink)


def documents(settings: Settings) -> Documents:
    """Builds the store of the agency's documents, not yet open."""
    folder = settings.kiosk.data_dir
    return Documents(folder / "documents.db", DeviceSecret.of(folder))


def document_acceptance(settings: Settings, store: Documents) -> DocumentAcceptance:
    """Builds what verifies the agency's documents. Raises KeyFileError when the unit's key cannot be used."""
    unit_key = settings.kiosk.data_dir / "unit.key"
    opener = Opener.load(unit_key) if unit_key.exists() else None
    return DocumentAcceptance(store, UnitKeys(settings.kiosk.unit, settings.agency.pinned().agency, opener))


def agency_worker(
    settings: Settings, stores: Stores, event_log: EventLog, screen: Screen, clock: SystemClock, model: str
) -> AgencyWorker:
    """Builds the worker that puts the agency's documents into force. `model` names the embedder in use."""
    store, people = stores.documents, stores.people
    acceptance = document_acceptance(settings, store)
    refusals = Refusals(store, event_log, clock.monotonic)
    roster = RosterInForce(store, acceptance, people, stores.ledger, event_log, model, forget=stores.parcels.forget)
    policies = PolicyInForce(store, acceptance, people, stores.ledger, event_log, clock)
    notice = ScreenNotice(screen, clock.monotonic)
    reporter = Reporter(VERSION, stores.ledger, people, roster, policies, clock)
    commands = Commands(store, refusals, notice, reporter.facts, lambda: stores.ledger.begins_after().seq)
    parts = AgencyParts(store, people, acceptance, roster, policies, refusals, commands, notice)
    requests = DocumentRequests(topics(settings), clock.monotonic, documents=settings.agency.key is not None)
    return AgencyWorker(topics(settings), parts, requests, clock)


def gallery_cache(
    people: People,
    match_policy: MatchPolicy,
    agency_worker: AgencyWorker,
    clock: SystemClock,
    later_shots: LaterShots,
) -> GalleryCache:
    """Builds the cache that keeps the gallery current.

    It enrols people of the roster, stores shots of visits, and uses the FPIR of the agency's policy when that names
    one.
    """
    enroller = RosterEnroller(agency_worker.parts, match_policy, clock)

    def now() -> MatchPolicy:
        policy = agency_worker.policy()
        return match_policy if policy is None or policy.fpir is None else replace(match_policy, fpir=policy.fpir)

    def step(pipeline: FacePipeline, gallery: EnrolledGallery) -> bool:
        return enroller.step(pipeline, gallery) or later_shots.step(pipeline.embedder.model)

    return GalleryCache(people, now, step)


def later_shots(
    settings: Settings, stores: Stores, event_log: EventLog, policy: Callable[[], Policy | None], clock: SystemClock
) -> LaterShots:
    """Builds what takes shots from certain visits, if the agency's policy, or else the settings, want it."""

    def allowed() -> bool:
        found = policy()
        wanted = None if found is None else found.later_shots
        return settings.recognition.later_shots if wanted is None else wanted == "on"

    return LaterShots(stores.people, stores.ledger, event_log, allowed, clock.monotonic)


def recent_fixes(settings: Settings) -> RecentFixes:
    """Builds the store of the receiver's fixes, which keeps them for as long as `place_of` looks back."""
    return RecentFixes(settings.gpsd.track().keep_s)


def current_site(settings: Settings, policy: Callable[[], Policy | None]) -> Callable[[], Site]:
    """Returns a function that gives the site: the fence of the policy in force, else that of the settings."""

    def lookup() -> Site:
        found = policy()
        fence = None if found is None else found.fence
        return settings.site.site() if fence is None else Site(fence.lat, fence.lon, fence.radius_m)

    return lookup


def current_place(settings: Settings, site: Callable[[], Site], fixes: RecentFixes) -> Callable[[JudgedMoment], Place]:
    """Returns a function that gives the place of the kiosk at a moment, which is now. `place_of` decides it."""
    limits = settings.gpsd.track()

    def lookup(moment: JudgedMoment) -> Place:
        return place_of(fixes.get(), site(), moment.monotonic_s, limits, clock_disagrees=moment.found.disagrees)

    return lookup


def current_rules(settings: Settings, policy: Callable[[], Policy | None]) -> Callable[[], Rules]:
    """Returns a function that gives the rules in force: those of the agency's policy, else of the settings."""
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
    """Builds the registrar, which writes visits into the ledger by the rules in force. See it for `asks`."""
    return Registrar(
        ledger,
        current_rules(settings, agency_worker.policy),
        place=place,
        clock=clock,
        roster=agency_worker.roster_version,
        room=disk_space(settings),
        evidence=evidence,
        asks=asks,
        source=about(settings.camera.url).source,
    )


def camera(settings: Settings, url: str | None = None) -> Camera:
    """Builds the camera of the settings, upright as they say, or that of another URL, as it is."""
    chosen = settings.camera.url if url is None else url
    source, orientation = (
        open_camera(chosen, mesh_of=mesh_of, follow_face=settings.camera.follow_face),
        settings.camera.orientation(),
    )
    return source if chosen != settings.camera.url or orientation == Orientation() else Oriented(source, orientation)


def mesh_of(image: Image) -> NDArray[np.float32]:
    """Returns the landmarks of the face in a photo, which a synthetic person is drawn from.

    Raises PhotoError when the photo shows no face.
    """
    rgb = np.ascontiguousarray(image[..., ::-1])
    faces = FaceDetector().detect(rgb)
    with LandmarkFinder() as finder:
        points = finder.find(rgb, faces[0].box) if faces else None
    if points is None:
        raise PhotoError("no face was found in the photo that is to walk up; take one from the front in good light")
    return points
