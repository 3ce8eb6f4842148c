"""What meets people at the screen, built: the page, what can be done there, and who enrols."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.agency.worker import Desk
from kiosk.app import parts
from kiosk.app.liveness import level
from kiosk.app.parts import Stores
from kiosk.attendance.registrar import Registrar
from kiosk.checks.officer_test import Trials
from kiosk.clock.clock import JudgedMoment, SystemClock
from kiosk.clock.event_log import Notes
from kiosk.counter.counter import Counter, photo
from kiosk.counter.enrolment import Enrolling, Studio
from kiosk.counter.officers import Officers
from kiosk.counter.pins import Pins, Tries
from kiosk.dialogue.dialogue import Dialogue
from kiosk.enrolment.local import Wall
from kiosk.monitors.status import Chipkeeper
from kiosk.people import Standard
from kiosk.position.gpsd import RecentFixes
from kiosk.position.place import Site
from kiosk.recognition.gallery_cache import RollKeeper
from kiosk.recognition.vision_jobs import Errands
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
class Reception:
    """Who receives the people that come: what writes of them, what tells them, and whom they may be."""

    registrar: Registrar
    dialogue: Dialogue
    standard: Standard
    keeper: RollKeeper


@dataclass(frozen=True, slots=True)
class Shared:
    """The meeting points that most parts are joined to."""

    settings: Settings
    stores: Stores
    clock: SystemClock
    screen: Screen
    notes: Notes
    errands: Errands
    preview: Preview


def workers(
    shared: Shared,
    desk: Desk,
    uplink: Uplink,
    reception: Reception,
    place: Callable[[JudgedMoment], Place],
    check: Trials,
) -> list[Worker]:
    """The workers of the screen. They come first, so that people see the others start and stop."""
    settings, screen = shared.settings, shared.screen
    chips = Chipkeeper(
        screen,
        shared.clock,
        shared.stores.ledger,
        uplink,
        parts.room(settings),
        stage=reception.registrar.stage,
        place=place,
        level=level(settings, desk.policy),
    )
    counter = attended(shared, reception, enrolling(shared, reception, desk), check)
    watching = Worker("chips", rounds(chips.tick, counter.officers.tick, reception.dialogue.tick))
    try:
        web = server.workers(settings.screen, settings.kiosk.data_dir, screen, shared.preview, counter)
    except KeyFileError as error:  # a token that is damaged may not end attendance
        log.error("no screen: %s; attendance is recorded all the same", error)  # noqa: TRY400
        return [watching]
    return [*web, watching]


def attended(shared: Shared, reception: Reception, enroller: Enrolling, check: Trials) -> Counter:
    """What people can do at the screen."""
    stores, clock, notes = shared.stores, shared.clock, shared.notes
    pins = Pins(stores.people, Tries(stores.ledger, clock), notes, clock)
    return Counter(
        ledger=stores.ledger,
        people=stores.people,
        clock=clock,
        notes=notes,
        screen=shared.screen,
        registrar=reception.registrar,
        dialogue=reception.dialogue,
        pins=pins,
        officers=Officers(pins, notes),
        enroller=enroller,
        photo=lambda: photo(shared.errands),
        check=check,
    )


def enrolling(shared: Shared, reception: Reception, desk: Desk) -> Enrolling:
    """What enrols people before the kiosk's own camera."""
    settings, stores, standard = shared.settings, shared.stores, reception.standard
    wall = Wall(
        stores.people,
        stores.parcels,
        shared.notes,
        standard.calibration.model,
        parts.topics(settings),
        settings.agency.pinned().seal_to,
        desk.parts.policies.keeps_photos,
        shared.clock,
    )
    return Enrolling(shared.errands, Studio(wall, reception.keeper, standard, shared.screen))


def trials(
    settings: Settings,
    ledger: Ledger,
    uplink: Uplink,
    errands: Errands,
    clock: SystemClock,
    *,
    fixes: RecentFixes,
    site: Callable[[], Site],
    words: Words,
) -> Trials:
    """What an officer can try out at the screen."""
    return Trials(
        errands,
        uplink,
        ledger,
        clock,
        parts.room(settings),
        broker=f"{settings.broker.host}:{settings.broker.port}",
        fix=fixes.newest,
        fix_age_s=settings.gpsd.max_age_s,
        site=site,
        words=words,
    )
