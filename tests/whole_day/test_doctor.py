"""The doctor beside a daemon that works: it finds it, and leaves its camera alone."""

from pathlib import Path

from tests.brokers import needs_mosquitto
from tests.whole_day.harness import doctor, office, walk

pytestmark = needs_mosquitto


def test_the_doctor_beside_the_daemon(tmp_path: Path, known: Path) -> None:
    with office(tmp_path, walk(known)) as (place, kiosk):
        place.wait_for_fix()
        kiosk.start_ready()
        _, found = doctor(place.settings)
        assert (found["camera"], found["screen"], found["broker"]) == ("ok", "ok", "ok")
