"""What meets people at the screen, built: the page, what can be done there, and who enrols."""

import logging
from collections.abc import Callable

from kiosk import build
from kiosk.chips import Chipkeeper
from kiosk.counter.counter import Counter
from kiosk.counter.enrolling import Enrolling
from kiosk.counter.officers import Officers
from kiosk.counter.photo import photo
from kiosk.counter.pins import Pins
from kiosk.counter.sitting import Studio
from kiosk.counter.tries import Tries
from kiosk.doctor.trials import Trials
from kiosk.documents.desk import Desk
from kiosk.people.wall import Wall
from kiosk.plumbing.rounds import rounds
from kiosk.plumbing.worker import Worker
from kiosk.rules.place import Site
from kiosk.screen import Words
from kiosk.settings import Settings
from kiosk.shared import Reception, Shared
from kiosk.sight.errands import Errands
from kiosk.sight.liveness import level
from kiosk.web import server
from kiosk.witness.clock import JudgedMoment, SystemClock
from kiosk.witness.recent import RecentFixes
from sync.contract import Place
from sync.errors import KeyFileError
from sync.ledger import Ledger
from sync.uplink import Uplink

log = logging.getLogger(__name__)


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
        build.room(settings),
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
        build.topics(settings),
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
        build.room(settings),
        broker=f"{settings.broker.host}:{settings.broker.port}",
        fix=fixes.newest,
        fix_age_s=settings.gpsd.max_age_s,
        site=site,
        words=words,
    )
