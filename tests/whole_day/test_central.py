"""The real daemon delivers to the real receiver."""

from pathlib import Path

from central.store.database import CentralDatabase
from central.store.kiosks import add_kiosk
from kiosk.lab.demo import show
from sync.chain import verify
from tests.brokers import needs_mosquitto
from tests.central.helpers import held, receiving, refused
from tests.whole_day.harness import change, office, walk

pytestmark = needs_mosquitto


def test_what_was_shown_as_recorded_is_at_the_centre(tmp_path: Path, known: Path) -> None:
    with office(tmp_path, walk(known)) as (place, kiosk):
        change(kiosk.config, "receipts = false", "receipts = true")
        show.enrol(kiosk.settings, known)
        device = kiosk.settings.kiosk
        database = CentralDatabase(f"sqlite:///{tmp_path / 'central.db'}")
        database.create()
        add_kiosk(database, device.unit, device.id, kiosk.key)
        with receiving(place.broker, database):
            kiosk.start_ready()
            kiosk.wait(lambda: kiosk.said("recorded"), "record")
            with kiosk.ledger() as ledger:  # beside the daemon, which had it alone when it started
                kiosk.wait(lambda: ledger.counts().waiting == 0, "every receipt")
            kiosk.stop()
        payloads = [stored.payload for stored in kiosk.stored()]
        arrived, problems = held(database, device.id), refused(database)
        database.close()
    (record,) = kiosk.records()
    assert len(arrived) >= record.seq
    assert arrived == payloads[: len(arrived)]
    assert verify(arrived, kiosk.key).sound
    assert problems == {}
