"""The worker: starting, stopping, failing, and what goes into the log."""

import json
import logging
import socket
import threading
import time
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from kiosk.lab.demo.broker import free_port
from kiosk.screen import Phrase
from kiosk.web.server import PortTakenError, listen
from tests.kiosk.web.sites import SECRETS, Site, filming, frame, served
from tests.pages import part, told
from tests.waiting import LIMIT_S, wait_for

NIP, PIN, *_ = SECRETS


def test_it_stops_with_streams_open(site: Site) -> None:
    with ExitStack() as stack:
        stack.enter_context(filming(site, 30))
        events = stack.enter_context(site.open("/events"))
        pictures = stack.enter_context(site.open("/preview.mjpeg"))
        list(islice(told(events), 2))
        pictures.readline()
        part(pictures)
        idle = stack.enter_context(closing(socket.create_connection(("127.0.0.1", site.port), 5)))
        site.stop()
        assert list(told(events)) == [] or events.closed
        assert idle.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        site.get("/")
    site.screen.stand(Phrase("idle"), status="nobody listens")


def test_a_page_that_reads_nothing_holds_up_no_stop(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)
    with site.open("/preview.mjpeg") as pictures, site.open("/events"):
        assert pictures.readline() == b"--frame\r\n"
        for index in range(40):
            site.preview.frames.put(frame(index, noise))
            wait_for(lambda: not site.preview.frames._fresh, every_s=0.002)
        site.stop()
    assert not caplog.records


def test_a_page_stays_in_over_a_restart(tmp_path: Path) -> None:
    with served(tmp_path) as before:
        with before.open("/events") as answer:
            list(islice(told(answer), 2))
        cookie, port, token = before.cookie, before.port, before.token
    with served(tmp_path, port) as after:
        assert after.token == token
        assert after.get("/settings.json", cookie=cookie)[0] == 200


def test_a_taken_port_is_told_and_waited_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTakenError, match=r"stop that, or set screen\.port"):
            listen(port)
        site = Site(tmp_path, port)
        site.start()
        wait_for(lambda: "is taken by another program" in caplog.text)
        site.stop()
        again = Site(tmp_path, port)
        again.start()
    wait_for(lambda: up(port))
    assert again.get("/")[0] == 200
    again.stop()
    assert not site.failures
    assert not again.failures


def up(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_port_is_free_again_at_once(tmp_path: Path) -> None:
    port = free_port()
    for _ in range(3):
        with served(tmp_path, port) as site:
            assert site.get("/words.json")[0] == 200


def test_an_action_that_fails_as_nobody_foresaw_ends_the_worker(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.counter.error = ZeroDivisionError("by a test")
    site.start()
    assert site.post("/answer", {"card": "c-1", "choice": "not_me"})[0] == 500
    failure = wait_for(lambda: site.failures)[0]
    assert (failure.worker, str(failure.error)) == ("web", "by a test")
    site.stop()


def test_a_stop_does_not_wait_for_an_action(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site, release, begun = Site(tmp_path), threading.Event(), threading.Event()

    def slow(*_asked: object) -> None:
        begun.set()
        release.wait()

    monkeypatch.setattr(site.counter, "answer", slow)
    site.start()
    asking = threading.Thread(target=abandoned, args=(site,))
    asking.start()
    assert begun.wait(LIMIT_S)
    site.stop()
    assert not release.is_set(), "the action goes on"
    release.set()
    asking.join()


def abandoned(site: Site) -> None:
    try:
        site.post("/answer", {"card": "c-1", "choice": "not_me"})
    except ConnectionError:
        return


def test_the_log_tells_no_token_cookie_or_name(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with served(tmp_path) as site:
        logging.getLogger("kiosk.test").info("the log is heard")
        site.post("/session", {"token": site.token}, cookie=None)
        site.post("/session", {"token": [site.token]}, cookie=None)
        site.post("/pin", {"nip": NIP, "pin": PIN, "reason": "injury"})
        site.post("/pin", {"nip": NIP, "pin": [PIN], "reason": "injury"})
        with site.open("/officer/sign-in", "POST", json.dumps({"nip": NIP, "pin": PIN}).encode()) as answer:
            cookie = answer.headers["Set-Cookie"].partition(";")[0]
        site.get(f"/officer/overview?{site.token}", cookie=f"{site.cookie}; {cookie}")
        secrets = (*SECRETS, site.token, site.cookie.partition("=")[2])
    assert "the log is heard" in caplog.text
    for secret in secrets:
        assert secret not in caplog.text


def test_the_log_tells_no_secret_when_an_action_fails(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    site = Site(tmp_path)
    site.counter.error = ZeroDivisionError("by a test")
    site.start()
    site.post("/pin", {"nip": NIP, "pin": PIN, "reason": "injury"})
    wait_for(lambda: site.failures)
    site.stop()
    assert "by a test" in caplog.text
    for secret in (*SECRETS, site.token, site.cookie.partition("=")[2]):
        assert secret not in caplog.text


def test_a_beat_is_felt_all_the_time(site: Site) -> None:
    end_s = time.monotonic() + 1
    while time.monotonic() < end_s:
        assert site.web.fresh
        site.get("/words.json")
