"""The receiver's client against a real gpsd, against none, and against servers that misbehave on purpose."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from kiosk.lab.demo.gpsd import GpsServer
from kiosk.position.gpsd import GpsdClient
from kiosk.position.place import Fix, distance_m
from kiosk.runtime.mailbox import Latest
from tests.gpsd_server import LAT, LON, TPV, gps_server, poll
from tests.waiting import LIMIT_S, wait_for

__all__ = ["gps_server"]

VERSION = b'{"class":"VERSION","release":"3.22","proto_major":3,"proto_minor":14}\n'
WATCH = b'{"class":"DEVICES","devices":[]}\n{"class":"WATCH","enable":true}\n'


class Script:
    """A TCP server that gives each connection to a function."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._server = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.port: int = self._server.getsockname()[1]
        self.connections = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            self._open.append(client)
            self.connections += 1
            try:
                self._serve(client)
            except OSError:
                client.close()

    def stop(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._close_all()  # whoever is being served
        self._thread.join()
        self._close_all()  # whoever came last

    def _close_all(self) -> None:
        for client in self._open:
            client.close()


@contextmanager
def scripted(serve: Callable[[socket.socket], None]) -> Iterator[Script]:
    script = Script(serve)
    try:
        yield script
    finally:
        script.stop()


def answering(*polls: bytes) -> Callable[[socket.socket], None]:
    """Speaks as gpsd does, and gives these answers to `?POLL;` in turn, then closes."""

    def serve(client: socket.socket) -> None:
        client.sendall(VERSION)
        with client, client.makefile("rb") as requests:
            requests.readline()
            client.sendall(WATCH)
            for answer in polls:
                requests.readline()
                client.sendall(answer)

    return serve


def line(answer: object) -> bytes:
    return json.dumps(answer).encode() + b"\n"


@pytest.fixture
def latest() -> Latest[Fix]:
    return Latest()


@contextmanager
def running(client: GpsdClient) -> Iterator[list[float]]:
    stop, beats = threading.Event(), list[float]()
    thread = threading.Thread(target=client.run, args=(stop, lambda: beats.append(time.monotonic())))
    thread.start()
    try:
        yield beats
    finally:
        stop.set()
        thread.join(LIMIT_S)
        assert not thread.is_alive()


def test_real_gpsd_gives_a_three_dimensional_fix_near_the_track(gps_server: GpsServer, latest: Latest[Fix]) -> None:
    gps_server.start()
    with running(GpsdClient(gps_server.host, gps_server.port, latest.put)):
        fix = wait_for(latest.get)
        second = wait_for(lambda: newer if (newer := latest.get()) is not fix else None)
    assert fix.mode == 3
    assert distance_m(fix.lat, fix.lon, LAT, LON) < 10
    assert fix.error_m is not None and 1 < fix.error_m < 50
    assert fix.utc is not None and abs(datetime.now(UTC) - fix.utc) < timedelta(seconds=30)
    assert second.at_s > fix.at_s and second.utc is not None and second.utc >= fix.utc
    assert second.satellites is not None and 1 <= second.satellites <= 9


def test_gpsd_killed_and_restarted(
    gps_server: GpsServer, latest: Latest[Fix], caplog: pytest.LogCaptureFixture
) -> None:
    gps_server.start()
    client = GpsdClient(gps_server.host, gps_server.port, latest.put)
    with running(client):
        before = wait_for(latest.get)
        gps_server.stop()
        wait_for(lambda: "the surveyed site is used" in caplog.text)
        gps_server.start()
        wait_for(lambda: newest if (newest := latest.get()) and newest.at_s > before.at_s + 2 else None)


def test_without_gpsd_there_is_no_fix_and_one_warning(latest: Latest[Fix], caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    with running(GpsdClient("127.0.0.1", port, latest.put)) as beats:
        wait_for(lambda: len(beats) >= 4)
    assert latest.get() is None
    assert len(caplog.records) == 1
    assert f"no gpsd at 127.0.0.1:{port}" in caplog.text


def test_waits_longer_between_attempts(latest: Latest[Fix]) -> None:
    with scripted(lambda client: client.close()) as server:
        client = GpsdClient("127.0.0.1", server.port, latest.put)
        at_s: list[float] = []

        def connected_again() -> bool:
            client.poll()
            return server.connections == len(at_s) + 1

        for _ in range(3):
            wait_for(connected_again, every_s=0.001)
            at_s.append(time.monotonic())
        assert at_s[1] - at_s[0] > 0.2  # delays of 0.25 to 0.5, then 0.5 to 1 second
        assert at_s[2] - at_s[1] > 0.4


def a_byte_at_a_time(client: socket.socket) -> None:
    for _ in range(10_000):
        client.sendall(b" ")
        time.sleep(0.02)


@pytest.mark.parametrize(
    "serve",
    [
        lambda _client: None,
        lambda client: client.sendall(VERSION),
        lambda client: client.sendall(VERSION + WATCH),
        lambda client: client.sendall(b'{"class":'),
        a_byte_at_a_time,
    ],
    ids=["never answers", "welcome only", "no report", "half a line", "a byte at a time"],
)
def test_a_server_that_hangs_costs_one_timeout(serve: Callable[[socket.socket], None], latest: Latest[Fix]) -> None:
    with scripted(serve) as server:
        client = GpsdClient("127.0.0.1", server.port, latest.put, timeout_s=0.3)
        began_s = time.monotonic()
        assert client.poll() is None, "the byte a time would go on for 200 seconds"
        assert time.monotonic() - began_s > 0.25
        assert server.connections == 1


@pytest.mark.parametrize(
    "said",
    [b"SSH-2.0-OpenSSH_9.2\r\n", b"\xff\xfe\x00\n", b"[1, 2]\n", b"null\n", b"[" * 60_000 + b"\n", b"x" * 200_000, b""],
    ids=["ssh", "binary", "list", "null", "nested", "endless", "nothing"],
)
def test_a_server_that_is_not_gpsd(said: bytes, latest: Latest[Fix], caplog: pytest.LogCaptureFixture) -> None:
    def serve(client: socket.socket) -> None:
        with client:
            client.sendall(said)

    with scripted(serve) as server:
        assert GpsdClient("127.0.0.1", server.port, latest.put).poll() is None
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_the_first_report_after_connecting_is_of_unknown_age_and_a_repeated_one_is_not_new(latest: Latest[Fix]) -> None:
    moved = TPV | {"time": "2026-01-05T07:28:04.000Z"}
    noise = b'{"class":"DEVICE","path":"d"}\n'
    with scripted(answering(line(poll(TPV)), noise + line(poll(moved)), line(poll(moved | {"alt": 3.0})))) as server:
        client = GpsdClient("127.0.0.1", server.port, latest.put)
        assert client.poll() is None
        fix = client.poll()
        assert fix is not None and fix.utc == datetime(2026, 1, 5, 7, 28, 4, tzinfo=UTC)
        assert client.poll() is fix
        client.close()


def test_reports_with_holes_pass_by_and_the_connection_stays(latest: Latest[Fix]) -> None:
    good = (TPV | {"time": f"2026-01-05T07:28:{second:02d}.000Z"} for second in range(60))
    answers = [{"class": "POLL"}, poll({"mode": 3}), poll(next(good)), poll({"mode": 1}), poll(next(good), sky=None)]
    with scripted(answering(*map(line, answers))) as server:
        client = GpsdClient("127.0.0.1", server.port, latest.put)
        fixes = [client.poll() for _ in answers]
        assert fixes[:4] == [None] * 4
        assert fixes[4] is not None and fixes[4].satellites is None
        assert server.connections == 1
        client.close()
