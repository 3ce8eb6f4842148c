"""The tour in a real Chromium: what a test looks at, and what it asks of every state."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Request, expect, sync_playwright

from camera import Frame
from kiosk.demo.tour.clerk import Clerk
from kiosk.demo.tour.show import Tour
from kiosk.demo.tour.steps import Step
from kiosk.plumbing.worker import Failure, Worker
from kiosk.screen import Language, Screen, Words
from kiosk.web import server
from kiosk.web.door import Door
from kiosk.web.preview import Preview
from kiosk.web.settings import ScreenSettings
from tests.brokers import free_port
from tests.kiosk.screen.sources import ROOT

SIZES = {"landscape": (1280, 800), "portrait": (800, 1280), "small": (1024, 600)}
PICTURES = ROOT / "build" / "screens"
AXE = ROOT / "tests" / "node" / "node_modules" / "axe-core" / "axe.min.js"

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
_FRAME_S = 0.1
_OVERFLOWING = """() => [...document.querySelectorAll("body *")].filter((one) => {
    const style = getComputedStyle(one);
    // letters reach below their line; what would cut them off is the box that holds the line
    if (one.matches("h1, h2, h3, p, span, b, li, time") || one.closest("svg, table")) return false;
    if (one.clientWidth === 0 || style.overflowY === "auto") return false;
    return one.scrollWidth > one.clientWidth + 2 || one.scrollHeight > one.clientHeight + 3;
}).map((one) => `${one.tagName}#${one.id}.${one.className} ${one.scrollWidth}x${one.scrollHeight}`
    + ` in ${one.clientWidth}x${one.clientHeight}`)"""
_COME_UP = """() => Promise.all(document.getElementById("panel").getAnimations().map((one) => one.finished))"""
_SMALL = """() => [...document.querySelectorAll("button, input, label.tick, .reasons label")].filter((one) => {
    const box = one.getBoundingClientRect();
    return !one.closest("label input") && box.width > 0 && (box.width < 48 || box.height < 48);
}).map((one) => one.id || one.textContent)"""


class Tourist:
    """One page on the tour's server."""

    def __init__(self, folder: Path, browser: Browser, language: Language = "id") -> None:
        words = Words(language)
        self.screen, self.preview = Screen(words), Preview(15)
        self.tour = Tour(self.screen, self._put, 5.0)
        self.steps = {step.name: step for step in self.tour.steps}
        self.settings = ScreenSettings(port=free_port(), language=language)
        self.folder = folder
        self.url = Door.of(folder).url(self.settings.port)
        self.clerk = Clerk(self.tour, words)
        self.failures: list[Failure] = []
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self._step = self.steps["idle"]
        self._stop = threading.Event()
        self._workers: list[Worker] = []
        self.page = browser.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._note)

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

    def pause(self) -> None:
        """Stop the server."""
        for worker in reversed(self._workers):
            worker.stop()
        assert all(worker.join(3.0) for worker in self._workers)

    def enter(self, step: str = "idle", url: str | None = None) -> None:
        """Open the page, at a state."""
        self.go(step)
        self.page.goto(url or self.url)
        expect(self.page.locator("#zone")).to_have_text("WITA")

    def go(self, name: str) -> Step:
        """Show another state; where that is what the page waits for, wait until it is there."""
        self._step = self.steps[name]
        self.tour.show(self._step)
        return self._step

    def size(self, name: str) -> None:
        """Turn or change the screen."""
        width, height = SIZES[name]
        self.page.set_viewport_size({"width": width, "height": height})

    def picture(self, name: str) -> None:
        """Keep what it looks like once it has come up, for whoever reviews it."""
        self.page.evaluate(_COME_UP)
        PICTURES.mkdir(parents=True, exist_ok=True)
        (PICTURES / f"{name}.png").write_bytes(self.page.screenshot())

    def overflowing(self) -> list[str]:
        """What is larger than its place."""
        return list(self.page.evaluate(_OVERFLOWING))

    def too_small(self) -> list[str]:
        """What a finger would miss."""
        return list(self.page.evaluate(_SMALL))

    def violations(self) -> list[str]:
        """What axe finds to be serious or critical."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE.read_text("utf-8"))
        found = self.page.evaluate("() => axe.run().then((result) => result.violations)")
        return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in ("serious", "critical")]

    def close(self) -> None:
        """End it; nothing was complained of, and nothing was asked of anybody else."""
        self.page.close()
        assert self.complaints == []
        assert self.requests != []
        assert [url for url in self.requests if not url.startswith(f"http://127.0.0.1:{self.settings.port}/")] == []

    def _put(self, frame: Frame) -> None:
        self.preview.frames.put(frame)

    def _draw(self) -> None:
        while not self._stop.wait(_FRAME_S):
            self.tour.draw(self._step, 0.6)

    def _hear(self, message: ConsoleMessage) -> None:
        spoken = "/voice/" in message.location["url"] or "/static/sounds/" in message.location["url"]
        if message.type in ("error", "warning") and not spoken:  # prompts and tones may not have been made
            self.complaints.append(f"{message.text} {message.location['url']}")

    def _note(self, request: Request) -> None:
        if not request.url.startswith(("data:", "blob:")):
            self.requests.append(request.url)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium; without one the test is skipped."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("there is no chromium: apt-get install chromium fonts-inter")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()
