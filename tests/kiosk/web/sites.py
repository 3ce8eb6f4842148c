"""A real server on loopback with a real screen."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from camera import Frame, Image
from kiosk.lab.demo.broker import free_port
from kiosk.runtime.worker import Failure, Worker
from kiosk.screen import Screen
from kiosk.screen.state import ChoiceName
from kiosk.web.action_routes import ActionRoutes
from kiosk.web.actions import ActionReply, Officer
from kiosk.web.messages import CheckMessage, Checks, Overview, TestName
from kiosk.web.page import Page
from kiosk.web.preview import Preview
from kiosk.web.security import SessionAuth
from kiosk.web.server import WebServer
from kiosk.web.settings import ScreenSettings
from tests.pages import Client
from tests.waiting import LIMIT_S, wait_for

GREY = np.full((480, 640, 3), 128, np.uint8)
OFFICER = "the-officers-session"
SECRETS = ("197001012000031001", "730164", "Ibu Siti", OFFICER)


class Counter:
    """Actions that do nothing and remember their arguments. The officer's session is `OFFICER`."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.error: Exception | None = None
        self.threads: set[str] = set()

    def _do(self, *asked: Any) -> ActionReply:
        self.threads.add(threading.current_thread().name)
        self.asked.append(asked)
        if self.error is not None:
            raise self.error
        return ActionReply(200, "Baik")

    def answer(self, card: str, choice: ChoiceName) -> ActionReply:
        self._do("answer", card, choice)
        return ActionReply(200, "Dibatalkan") if card == "c-1" else ActionReply(409, "Sudah terlambat")

    def by_pin(self, nip: str, pin: str, reason: str) -> ActionReply:
        return self._do("by_pin", nip, pin, reason)

    def sign_in(self, nip: str, pin: str) -> Officer | ActionReply:
        self._do("sign_in", nip, pin)
        return Officer(OFFICER, "Ibu Siti") if pin == SECRETS[1] else ActionReply(403, "PIN salah")

    def sign_out(self, officer: str) -> ActionReply:
        return self._do("sign_out", officer)

    def overview(self, officer: str) -> Overview | ActionReply:
        if officer != OFFICER:
            return ActionReply(401, "Sesi berakhir")
        facts = {"stage": "trial", "decree": None, "version": "1", "unsent": 1, "waiting": 2}
        return Overview.model_validate({"name": "Ibu Siti", "entries": (), "people": (), **facts})

    def test(self, officer: str, what: TestName) -> Checks | ActionReply:
        self._do("test", officer, what)
        return Checks(checks=(CheckMessage(what=what, ok=True, text="Baik"),))

    def enrol(self, officer: str, person: str, *, consent: bool) -> ActionReply:
        return self._do("enrol", officer, person, consent)

    def enrol_answer(self, officer: str, *, although_alike: bool) -> ActionReply:
        return self._do("enrol_answer", officer, although_alike)

    def enrol_cancel(self, officer: str) -> ActionReply:
        return self._do("enrol_cancel", officer)


class Site(Client):
    """The screen of a kiosk that is served, and its page."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        super().__init__(port or free_port())
        self.screen = Screen()
        self.counter = Counter()
        self.preview = Preview(15)
        self.door = SessionAuth.of(folder)
        self.failures: list[Failure] = []
        static = folder / "static"
        static.mkdir(exist_ok=True)
        (static / "index.html").write_text("<!doctype html><title>Kiosk</title>")
        settings = ScreenSettings(port=self.port, volume=0.4)
        page = Page(
            settings,
            self.screen,
            self.preview,
            self.door,
            folder=static,
            voices=folder / "voices",
            sounds={"success": b"RIFF"},
        )
        self.web = Worker("web", WebServer(self.port, page, ActionRoutes(self.counter)).run)
        self.encoder = Worker("preview", self.preview.run, interrupt=self.preview.close)
        self.cookie = f"kiosk_session={self.door.enter(self.token)}"

    @property
    def token(self) -> str:
        return self.door.url(self.port).partition("#")[2]

    def start(self) -> None:
        self.encoder.start(self.failures.append)
        self.web.start(self.failures.append)
        wait_for(lambda: self.web.ready)

    def stop(self) -> None:
        """Stops the server as the daemon does."""
        for worker in (self.encoder, self.web):
            worker.stop()
        assert self.encoder.join(LIMIT_S)
        assert self.web.join(LIMIT_S)


@contextmanager
def served(folder: Path, port: int | None = None) -> Iterator[Site]:
    """Serves a site during the block. An unexpected error of the server fails the test."""
    site = Site(folder, port)
    site.start()
    try:
        yield site
    finally:
        site.stop()
    assert not site.failures


def frame(index: int, image: Image = GREY) -> Frame:
    return Frame(image, time.monotonic(), index)


@contextmanager
def filming(site: Site, fps: float) -> Iterator[None]:
    """Gives frames of a camera during the block."""
    stop = threading.Event()

    def film() -> None:
        index = 0
        while not stop.wait(1 / fps):
            site.preview.frames.put(frame(index))
            index += 1

    thread = threading.Thread(target=film)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
