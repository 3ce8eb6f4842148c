"""A record of a clock that nobody vouched for, and the receiver that comes back."""

from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.clock.clock import ThisMachine
from kiosk.lab.demo import show
from sync.contract import ClockCorrected, EventEntry
from tests.brokers import needs_mosquitto
from tests.whole_day.harness import office, walk

pytestmark = needs_mosquitto


def test_a_record_without_receiver_is_corrected_when_it_is_back(tmp_path: Path, known: Path) -> None:
    if ThisMachine().kernel_error_s() is not None:
        pytest.skip("this machine's clock is synchronised by the network: it is vouched for without a receiver")
    with office(tmp_path, walk(known)) as (place, kiosk):
        show.enrol(kiosk.settings, known)
        place.gps.stop()
        with show.subscriber(kiosk.settings) as arrivals:
            kiosk.start_ready()
            record = kiosk.next(arrivals, "record").entry
            assert record.clock.source in ("none", "rtc")
            assert record.clock.uncertainty_s is None
            place.gps.start()
            correction = kiosk.next(arrivals, "clock_corrected").entry
            assert kiosk.stop()[0] == 0
        assert isinstance(correction, EventEntry)
        assert isinstance(correction.body, ClockCorrected)
        assert correction.clock.corrects == record.id
        assert correction.clock.source == "gnss"
        assert correction.clock.uncertainty_s is not None
        assert (correction.clock.boot_id, correction.clock.monotonic_s) == (
            record.clock.boot_id,
            record.clock.monotonic_s,
        )
        assert abs(correction.at - record.at) <= timedelta(seconds=correction.clock.uncertainty_s)
        assert len(kiosk.records()) == 1
        assert [e.clock.corrects for e in kiosk.entries()].count(record.id) == 1
