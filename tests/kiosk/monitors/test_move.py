"""A real gpsd whose receiver stands away from the site, all the way to the ledger."""

import time
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest

from kiosk.clock.clock import JudgedMoment, SystemClock, mark_of
from kiosk.clock.event_log import EventLog
from kiosk.lab.demo.gpsd import GpsServer
from kiosk.monitors.position import MoveMonitor
from kiosk.position.gpsd import GpsdClient, RecentFixes
from kiosk.position.place import Fix, Site, TrackLimits, place_of
from kiosk.runtime.worker import Failure, Worker, rounds
from kiosk.screen import Screen
from sync.contract import Moved, Place
from sync.ledger import Ledger
from tests.gpsd_server import LAT, LON, gps_server
from tests.waiting import LIMIT_S, wait_for

__all__ = ["gps_server"]

AFTER_S = 2.0
ELSEWHERE = Site(LAT + 0.01, LON, 50.0)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.db", "lobby", "sangatta-utara") as opened:
        yield opened


def keeper(ledger: Ledger, fixes: RecentFixes, clock: SystemClock) -> MoveMonitor:
    def place(moment: JudgedMoment) -> Place:
        return place_of(fixes.get(), ELSEWHERE, moment.monotonic_s, TrackLimits())

    return MoveMonitor(place, lambda: ELSEWHERE, AFTER_S, clock, EventLog(ledger, clock, Screen()))


def moves(ledger: Ledger) -> list[Moved]:
    return [entry.body for entry in ledger.entries() if isinstance(entry.body, Moved)]


def test_a_kiosk_away_from_its_site_says_so_once_and_its_receiver_vouches(
    gps_server: GpsServer, ledger: Ledger
) -> None:
    gps_server.start()
    fixes, failures, looks = RecentFixes(60.0), list[Failure](), list[float]()
    clock = SystemClock(UTC, mark_of(ledger.last_at), fix=fixes.newest)
    client = GpsdClient(gps_server.host, gps_server.port, fixes.put)
    place = keeper(ledger, fixes, clock)
    workers = [
        Worker("location", client.run),
        Worker("rounds", rounds(place.tick, lambda: looks.append(time.monotonic()))),
    ]
    for worker in workers:
        worker.start(failures.append)
    try:
        (moved,) = wait_for(lambda: moves(ledger))
        told_s = time.monotonic()
        wait_for(lambda: looks and looks[-1] > told_s + AFTER_S + 1)
        assert moves(ledger) == [moved]
        stamp = clock.moment().clock
    finally:
        for worker in workers:
            worker.stop()
        assert all(worker.join(LIMIT_S) for worker in workers)
    assert failures == []
    assert moved.detail.from_site_m == pytest.approx(1112, abs=10)
    assert (moved.detail.radius_m, moved.detail.outside_s >= AFTER_S) == (50.0, True)
    assert moved.detail.error_m is not None
    assert stamp.source in ("gnss", "ntp"), "a machine whose clock is right"
    assert stamp.uncertainty_s is not None and stamp.uncertainty_s <= 3.5


def test_what_a_full_disk_refused_is_told_later(small_disk: Path) -> None:
    fixes = RecentFixes(60.0)
    with Ledger(small_disk / "ledger.db", "lobby", "sangatta-utara") as ledger:
        place = keeper(ledger, fixes, SystemClock(UTC, mark_of(ledger.last_at)))
        began_s = time.monotonic()
        fixes.put(Fix(LAT, LON, 4.0, 9, began_s, None, 3))
        place.tick()
        ballast = small_disk / "ballast"
        with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
            while file.write(bytes(4096)):
                pass
        wait_for(lambda: time.monotonic() - began_s > AFTER_S)
        place.tick()
        assert moves(ledger) == []
        ballast.unlink()
        place.tick()
        assert moves(ledger) == [], "not at every look"

        def moved() -> bool:
            place.tick()
            return moves(ledger) != []

        wait_for(moved)
        place.tick()
        assert len(moves(ledger)) == 1
