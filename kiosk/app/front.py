"""What meets people at the screen, built: the page, what can be done there, and who enrols."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.agency.worker import AgencyWorker
from kiosk.app import parts
from kiosk.app.liveness import level
from kiosk.app.parts import Stores
from kiosk.attendance.registrar import Registrar
from kiosk.checks.officer_test import OfficerTest
from kiosk.clock.clock import JudgedMoment, SystemClock
from kiosk.clock.event_log import EventLog
from kiosk.counter.counter import ScreenActions, photo
from kiosk.counter.enrolment import EnrolmentContext, EnrolmentControl
from kiosk.counter.officers import OfficerSessions
from kiosk.counter.pins import PinAttempts, PinAuthenticator
from kiosk.dialogue.dialogue import Dialogue
from kiosk.enrolment.local import LocalEnroller
from kiosk.monitors.status import StatusMonitor
from kiosk.people import MatchPolicy
from kiosk.position.gpsd import RecentFixes
from kiosk.position.place import Site
from kiosk.recognition.gallery_cache import GalleryCache
from kiosk.recognition.vision_jobs import VisionJobs
from kiosk.runtime.worker import Worker, rounds
from kiosk.screen import Screen, Words
from kiosk.settings import Settings
from kiosk.web import server
from kiosk.web.preview import Preview
from sync.contract import Place
from sync.errors import KeyFileError
from sync.ledger import Ledger
from sync.mqtt.uplink import Uplink

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class VisitParts:
    """Who receives the people that come: the registrar, the dialogue, the match policy and the gallery."""

    registrar: Registrar
    dialogue: Dialogue
    match_policy: MatchPolicy
    gallery_cache: GalleryCache


@dataclass(frozen=True, slots=True)
class DaemonParts:
    """The meeting points that most parts are joined to."""

    settings: Settings
    stores: Stores
    clock: SystemClock
    screen: Screen
    event_log: EventLog
    jobs: VisionJobs
    preview: Preview


def workers(
    daemon: DaemonParts,
    agency_worker: AgencyWorker,
    uplink: Uplink,
    visits: VisitParts,
    place: Callable[[JudgedMoment], Place],
    check: OfficerTest,
) -> list[Worker]:
    """The workers of the screen. They come first, so that people see the others start and stop."""
    settings, screen = daemon.settings, daemon.screen
    chips = StatusMonitor(
        screen,
        daemon.clock,
        daemon.stores.ledger,
        uplink,
        parts.disk_space(settings),
        stage=visits.registrar.stage,
        place=place,
        level=level(settings, agency_worker.policy),
    )
    counter = screen_actions(daemon, visits, enrolment_control(daemon, visits, agency_worker), check)
    watching = Worker("chips", rounds(chips.tick, counter.officers.tick, visits.dialogue.tick))
    try:
        web = server.workers(settings.screen, settings.kiosk.data_dir, screen, daemon.preview, counter)
    except KeyFileError as error:  # a token that is damaged may not end attendance
        log.error("no screen: %s; attendance is recorded all the same", error)  # noqa: TRY400
        return [watching]
    return [*web, watching]


def screen_actions(
    daemon: DaemonParts, visits: VisitParts, enroller: EnrolmentControl, check: OfficerTest
) -> ScreenActions:
    """What people can do at the screen."""
    stores, clock, event_log = daemon.stores, daemon.clock, daemon.event_log
    pins = PinAuthenticator(stores.people, PinAttempts(stores.ledger, clock), event_log, clock)
    return ScreenActions(
        ledger=stores.ledger,
        people=stores.people,
        clock=clock,
        event_log=event_log,
        screen=daemon.screen,
        registrar=visits.registrar,
        dialogue=visits.dialogue,
        pins=pins,
        officers=OfficerSessions(pins, event_log),
        enroller=enroller,
        photo=lambda: photo(daemon.jobs),
        check=check,
    )


def enrolment_control(daemon: DaemonParts, visits: VisitParts, agency_worker: AgencyWorker) -> EnrolmentControl:
    """What enrols people before the kiosk's own camera."""
    settings, stores, match_policy = daemon.settings, daemon.stores, visits.match_policy
    enroller = LocalEnroller(
        stores.people,
        stores.parcels,
        daemon.event_log,
        match_policy.calibration.model,
        parts.topics(settings),
        settings.agency.pinned().seal_to,
        agency_worker.parts.policies.keeps_photos,
        daemon.clock,
    )
    return EnrolmentControl(daemon.jobs, EnrolmentContext(enroller, visits.gallery_cache, match_policy, daemon.screen))


def officer_test(
    settings: Settings,
    ledger: Ledger,
    uplink: Uplink,
    jobs: VisionJobs,
    clock: SystemClock,
    *,
    fixes: RecentFixes,
    site: Callable[[], Site],
    words: Words,
) -> OfficerTest:
    """What an officer can try out at the screen."""
    return OfficerTest(
        jobs,
        uplink,
        ledger,
        clock,
        parts.disk_space(settings),
        broker=f"{settings.broker.host}:{settings.broker.port}",
        fix=fixes.newest,
        fix_age_s=settings.gpsd.max_age_s,
        site=site,
        words=words,
        orientation=settings.camera.orientation(),
    )
