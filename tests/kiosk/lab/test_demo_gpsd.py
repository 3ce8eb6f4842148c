"""The demo's gpsd and its receiver: start, stop, the time it shows, and what is said without gpsd."""

import shutil
import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from kiosk.lab.demo.broker import ProgramMissingError
from kiosk.lab.demo.gpsd import GpsServer, StandingReceiver
from kiosk.position.gpsd import GpsdClient
from kiosk.position.place import Fix
from tests.gpsd_server import LAT, LON
from tests.waiting import wait_for


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as client:
            return client.recv(20).startswith(b'{"class":"VERSION"')
    except OSError:
        return False


def test_nothing_is_left_after_stop() -> None:
    with GpsServer(LAT, LON) as server:
        wait_for(lambda: _answers(server.port))
    assert not _answers(server.port)
    server.stop()


def test_its_time_is_right_on_a_machine_that_was_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it sends late, it sends as it is then: a track that is played would be late ever after."""
    fixes, stop, sentences = list[Fix](), threading.Event(), StandingReceiver.sentences

    def late(receiver: StandingReceiver, at: datetime) -> str:
        time.sleep(5)
        return sentences(receiver, at)

    with GpsServer(LAT, LON) as server:
        client = threading.Thread(target=GpsdClient(server.host, server.port, fixes.append).run, args=(stop, _beat))
        client.start()
        wait_for(lambda: fixes)
        monkeypatch.setattr(StandingReceiver, "sentences", late)
        wait_for(lambda: _lag(fixes[-1]) > timedelta(seconds=4))
        monkeypatch.undo()
        wait_for(lambda: _lag(fixes[-1]) < timedelta(seconds=3))
        stop.set()
        client.join()


def _lag(fix: Fix) -> timedelta:
    assert fix.utc is not None
    return datetime.now(UTC) - fix.utc


def _beat() -> None:
    """A worker's sign of life, which nobody watches here."""


def test_says_what_is_missing_and_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(ProgramMissingError, match="gpsd is not installed: sudo apt-get install gpsd"):
        GpsServer(LAT, LON).start()
