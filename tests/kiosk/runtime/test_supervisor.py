"""The supervisor with real threads, real signals, and a real notify socket."""

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.runtime.supervisor import supervise
from kiosk.runtime.worker import Beat, Failure, Run, Worker, WorkerEndedError
from tests.waiting import LIMIT_S, wait_for

TICK_S = 0.05


def beating(stop: threading.Event, beat: Beat) -> None:
    while not stop.wait(0.01):
        beat()


def failing(_stop: threading.Event, _beat: Beat) -> None:
    raise ZeroDivisionError("by a test")


class Systemd:
    """The socket at NOTIFY_SOCKET, as systemd has it."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)
        self.heard: list[str] = []

    def listen(self) -> list[str]:
        while True:
            try:
                self.heard += self._socket.recv(4096).decode().split("\n")
            except BlockingIOError:
                return self.heard

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Systemd]:
    path = tmp_path / "notify"
    monkeypatch.setenv("NOTIFY_SOCKET", str(path))
    listener = Systemd(path)
    yield listener
    listener.close()


@contextmanager
def meanwhile(action: Callable[[], object]) -> Iterator[None]:
    """Does something in another thread while the main one supervises. Its failure ends the supervision too."""
    errors: list[BaseException] = []

    def act() -> None:
        try:
            action()
        except BaseException as error:  # noqa: BLE001 - raised again below
            errors.append(error)
            os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=act)
    thread.start()
    yield
    thread.join()
    for error in errors:
        raise error


def end(number: signal.Signals = signal.SIGTERM) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_status_0_in_reverse_order(number: signal.Signals, systemd: Systemd) -> None:
    order = list[str]()

    def ordered(name: str) -> Run:
        def run(stop: threading.Event, beat: Beat) -> None:
            beating(stop, beat)
            order.append(name)

        return run

    def act() -> None:
        wait_for(lambda: "READY=1" in systemd.listen())
        end(number)

    handlers = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with meanwhile(act):
        assert supervise([Worker(name, ordered(name)) for name in "abc"], TICK_S) == 0
    assert order == ["c", "b", "a"]
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == handlers
    heard = systemd.listen()
    assert heard.index("STATUS=starting a") < heard.index("STATUS=starting c") < heard.index("READY=1")
    assert heard[-2:] == ["STOPPING=1", f"STATUS=stopping: {number.name}"]
    assert heard.count("READY=1") == 1


def test_a_failing_worker_ends_it_with_status_1(systemd: Systemd, caplog: pytest.LogCaptureFixture) -> None:
    assert supervise([Worker("steady", beating), Worker("weak", failing)], TICK_S) == 1
    assert "STATUS=stopping: weak failed" in systemd.listen()
    assert "weak failed: by a test" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert not [thread for thread in threading.enumerate() if thread.name in ("steady", "weak")]


def test_a_worker_that_just_returns_is_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    assert supervise([Worker("done", lambda _stop, _beat: None)], TICK_S) == 1
    assert "ended although nobody stopped it" in caplog.text


def test_ready_waits_for_every_first_heartbeat(systemd: Systemd) -> None:
    loaded = threading.Event()

    def loading(stop: threading.Event, beat: Beat) -> None:
        loaded.wait(LIMIT_S)
        beating(stop, beat)

    def act() -> None:
        wait_for(lambda: systemd.listen().count("WATCHDOG=1") >= 3)
        assert "READY=1" not in systemd.heard
        loaded.set()
        wait_for(lambda: "READY=1" in systemd.listen())
        end()

    with meanwhile(act):
        assert supervise([Worker("quick", beating), Worker("slow", loading)], TICK_S) == 0


def test_the_watchdog_is_pinged_only_while_every_heart_beats(
    systemd: Systemd, caplog: pytest.LogCaptureFixture
) -> None:
    frozen, noticed = threading.Event(), threading.Event()

    def freezing(stop: threading.Event, beat: Beat) -> None:
        beat()
        frozen.wait(LIMIT_S)
        noticed.wait(LIMIT_S)
        beating(stop, beat)

    def act() -> None:
        wait_for(lambda: "READY=1" in systemd.listen())
        wait_for(lambda: "WATCHDOG=1" in systemd.listen())
        frozen.set()
        wait_for(lambda: "STATUS=no heartbeat from cold" in systemd.listen())
        pings = systemd.heard.count("WATCHDOG=1")
        for _ in range(5):
            time.sleep(TICK_S)  # time itself is what is waited for
            assert systemd.listen().count("WATCHDOG=1") == pings
        noticed.set()
        wait_for(lambda: systemd.listen().count("WATCHDOG=1") > pings)
        end()

    with meanwhile(act):
        assert supervise([Worker("warm", beating), Worker("cold", freezing, silence_s=1.0)], TICK_S) == 0
    assert [r.message for r in caplog.records if r.levelno >= logging.WARNING] == [
        "no heartbeat from cold; the watchdog is not pinged until it is back",
        "heartbeat of cold is back",
    ]


def test_a_worker_that_hangs_is_left_behind(caplog: pytest.LogCaptureFixture) -> None:
    release, stopped = threading.Event(), list[str]()

    def hanging(_stop: threading.Event, beat: Beat) -> None:
        beat()
        release.wait()

    def slow(stop: threading.Event, beat: Beat) -> None:
        beating(stop, beat)
        threading.Event().wait(0.5)
        stopped.append("slow")

    def act() -> None:
        wait_for(lambda: hung.ready)
        end()

    hung = Worker("hung", hanging)
    with meanwhile(act):
        assert supervise([Worker("slow", slow), hung], TICK_S) == 0
    assert not hung.join(0), "it hangs until it is released"
    release.set()
    assert hung.join(LIMIT_S)
    assert stopped == ["slow"]
    assert "hung did not stop in time" in caplog.text


def test_without_systemd_nothing_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    worker = Worker("alone", beating)

    def end_once_ready() -> None:
        wait_for(lambda: worker.ready)
        end()

    with meanwhile(end_once_ready):
        assert supervise([worker], TICK_S) == 0


def test_the_worker_names_its_thread_and_reports_the_error_itself() -> None:
    failures, names = list[Failure](), list[str]()

    def run(_stop: threading.Event, _beat: Beat) -> None:
        names.append(threading.current_thread().name)
        raise SystemExit(3)

    worker = Worker("camera", run)
    worker.start(failures.append)
    assert worker.join(LIMIT_S)
    assert names == ["camera"]
    assert [(failure.worker, type(failure.error)) for failure in failures] == [("camera", SystemExit)]


def test_a_stopped_worker_reports_nothing_and_a_fresh_one_is_not_ready() -> None:
    failures = list[Failure]()

    def run(stop: threading.Event, _beat: Beat) -> None:
        stop.wait(10)

    worker = Worker("web", run)
    assert worker.join(0)
    worker.start(failures.append)
    assert not worker.ready
    assert worker.fresh
    worker.stop()
    assert worker.join(LIMIT_S)
    assert failures == []
    assert issubclass(WorkerEndedError, RuntimeError)
