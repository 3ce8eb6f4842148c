"""The tour in a real Chromium: what a test looks at, and what it asks of every state."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, expect

from camera import Frame
from kiosk.lab.demo.broker import free_port, wait_until_listening
from kiosk.lab.tour.steps import TourStep
from kiosk.lab.tour.tour import Tour, TourActions
from kiosk.runtime.worker import Failure, Worker
from kiosk.screen import Language, Screen, Words
from kiosk.web import server
from kiosk.web.preview import Preview
from kiosk.web.security import SessionAuth
from kiosk.web.settings import ScreenSettings
from tests.glass import Glass
from tests.waiting import LIMIT_S

_FRAME_S = 0.1


class Tourist(Glass):
    """One page on the tour's server."""

    def __init__(self, folder: Path, browser: Browser, language: Language = "id") -> None:
        super().__init__(browser, "tour")
        words = Words(language)
        self.screen, self.preview = Screen(words), Preview(15)
        self.tour = Tour(self.screen, self._put, 5.0)
        self.steps = {step.name: step for step in self.tour.steps}
        self.settings = ScreenSettings(port=free_port(), language=language)
        self.folder = folder
        self.url = SessionAuth.of(folder).url(self.settings.port)
        self.clerk = TourActions(self.tour, words)
        self.failures: list[Failure] = []
        self._step = self.steps["idle"]
        self._stop = threading.Event()
        self._workers: list[Worker] = []

    @contextmanager
    def served(self) -> Iterator[None]:
        """Serve, and draw, while the block runs."""
        self.resume()
        self._stop.clear()
        drawing = threading.Thread(target=self._draw)
        drawing.start()
        try:
            yield
        finally:
            self._stop.set()
            drawing.join()
            self.pause()
            assert self.failures == []

    def resume(self) -> None:
        """Start the server, on the same port as before."""
        self.preview = Preview(15)
        self._workers = server.workers(self.settings, self.folder, self.screen, self.preview, self.clerk)
        for worker in self._workers:
            worker.start(self.failures.append)
        wait_until_listening("the page", self.settings.port)

    def pause(self) -> None:
        """Stop the server."""
        for worker in reversed(self._workers):
            worker.stop()
        assert all(worker.join(LIMIT_S) for worker in self._workers)

    def enter(self, step: str = "idle", url: str | None = None) -> None:
        """Open the page, at a state."""
        self.go(step)
        self.page.goto(url or self.url)
        expect(self.page.locator("#zone")).to_have_text("WITA")

    def go(self, name: str) -> TourStep:
        """Show another state; where that is what the page waits for, wait until it is there."""
        self._step = self.steps[name]
        self.tour.show(self._step)
        return self._step

    def _put(self, frame: Frame) -> None:
        self.preview.frames.put(frame)

    def _draw(self) -> None:
        while not self._stop.wait(_FRAME_S):
            self.tour.draw(self._step, 0.6)
