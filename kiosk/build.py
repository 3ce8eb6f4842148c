"""The parts a command or the daemon is made of, from the settings. Nothing here starts anything."""

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from camera import Image
from kiosk.clock import SystemClock
from kiosk.errors import PhotoError
from kiosk.look import Looker
from kiosk.people import People, Roll, Standard, stored_roll
from kiosk.recent import RecentFixes
from kiosk.recognition import Recognition
from kiosk.registrar import Registrar, Rules
from kiosk.rules.place import Fix
from kiosk.rules.whereabouts import place_of
from kiosk.settings import Settings
from kiosk.vault import DeviceSecret
from models.assets import AssetStore
from models.calibration import calibration_for
from models.detector import FaceDetector
from models.embedder import Embedder
from models.embedder import load as load_embedder
from models.landmarks import LandmarkFinder
from sync.contract import Place
from sync.ledger import Ledger
from sync.session import StatusFacts
from sync.topics import Topics
from sync.uplink import Uplink


def embedder(settings: Settings) -> Embedder:
    """The embedder the settings name. AssetMissingError when it is not installed."""
    chosen = settings.recognition
    return load_embedder(AssetStore(chosen.models_dir), chosen.embedder, chosen.threads)


def looker(settings: Settings, loaded: Embedder | None = None) -> Looker:
    """The recognition path, for the thread that calls this; `loaded` is the settings' embedder if it is there yet."""
    known = loaded or embedder(settings)  # first: when it is missing, no graph has been started
    return Looker(FaceDetector(), LandmarkFinder(), known, settings.quality.limits())


def standard(settings: Settings, loaded: Embedder) -> Standard:
    """What a match must reach with this embedder. CalibrationError when nothing says what its scores are worth."""
    chosen = settings.recognition
    calibration = calibration_for(loaded.model, own_calibration(settings))
    return Standard(calibration, chosen.fpir, loaded.lead, loaded.dimension, chosen.threshold, chosen.min_margin)


def recognition(settings: Settings, looker: Looker, roll: Roll, standard: Standard) -> Recognition:
    """The path of every frame, against a roll."""
    limits = settings.recognition.visit(standard.same_person)
    return Recognition(looker, roll, limits, settings.camera.idle_detect_hz)


def stored_recognition(settings: Settings, looker: Looker, people: People) -> Recognition:
    """The path of every frame, against everybody who is enrolled now."""
    found = standard(settings, looker.embedder)
    return recognition(settings, looker, stored_roll(people, found), found)


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


def clock(settings: Settings, fix: Callable[[], Fix | None] = lambda: None) -> SystemClock:
    """The machine's clock in the kiosk's zone, judged by the receiver's newest fix too."""
    return SystemClock(ZoneInfo(settings.kiosk.timezone), fix=fix, max_age_s=settings.gpsd.max_age_s)


def uplink(settings: Settings, ledger: Ledger, version: str) -> Uplink:
    """What sends the ledger to the broker."""
    now = clock(settings)
    topics = Topics(settings.kiosk.topic_root, settings.kiosk.unit, settings.kiosk.id)
    pinned = settings.agency.pinned()
    return Uplink(settings.broker, topics, ledger, lambda: StatusFacts(now.now(), now.stamp().boot_id, version), pinned)


def fixes(settings: Settings) -> RecentFixes:
    """Where the receiver's positions are kept for as long as the rules look back."""
    return RecentFixes(settings.gpsd.track().keep_s)


def place(settings: Settings, track: RecentFixes, clock: SystemClock) -> Callable[[], Place]:
    """What tells where the kiosk is when it is asked."""
    site, limits = settings.site.site(), settings.gpsd.track()

    def here() -> Place:
        disagrees = clock.provenance().disagrees
        return place_of(track.get(), site, clock.monotonic(), limits, clock_disagrees=disagrees)

    return here


def registrar(settings: Settings, ledger: Ledger, place: Callable[[], Place], clock: SystemClock) -> Registrar:
    """What writes visits into the ledger."""
    attendance = settings.attendance
    rules = Rules(attendance.stage, attendance.decree, attendance.schedule())
    return Registrar(ledger, rules, place=place, clock=clock)


def mesh_of(image: Image) -> NDArray[np.float32]:
    """The landmarks of a photo's face, for the synthetic person. PhotoError when there is none."""
    with FaceDetector() as detector, LandmarkFinder() as finder:
        rgb = np.ascontiguousarray(image[..., ::-1])
        faces = detector.detect(rgb)
        points = finder.find(rgb, faces[0].box) if faces else None
    if points is None:
        raise PhotoError("no face was found in the photo that is to walk up; take one from the front in good light")
    return points
