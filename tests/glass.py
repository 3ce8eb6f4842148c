"""A page in the system's own Chromium, and what is asked of everything that people see on it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Request, expect, sync_playwright

from tests.waiting import LIMIT_S

expect.set_options(timeout=1000 * LIMIT_S)

ROOT: Final = Path(__file__).resolve().parents[1]
SIZES: Final = {"landscape": (1280, 800), "portrait": (800, 1280), "small": (1024, 600)}
AXE: Final = ROOT / "tests" / "node" / "node_modules" / "axe-core" / "axe.min.js"

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
_COME_UP = """() => Promise.all(document.getElementById("panel").getAnimations().map((one) => one.finished))
    .then(() => true)"""
_OVERFLOWING = """() => [document.documentElement, ...document.querySelectorAll("body *")].filter((one) => {
    const style = getComputedStyle(one);
    // letters reach below their line; what would cut them off is the box that holds the line
    if (one.matches("h1, h2, h3, p, span, b, li, time") || one.closest("svg, table")) return false;
    if (one.clientWidth === 0 || style.overflowY === "auto") return false;
    return one.scrollWidth > one.clientWidth + 2 || one.scrollHeight > one.clientHeight + 3;
}).map((one) => `${one.tagName}#${one.id}.${one.className} ${one.scrollWidth}x${one.scrollHeight}`
    + ` in ${one.clientWidth}x${one.clientHeight}`)"""
_SMALL = """() => [...document.querySelectorAll("button, input, label.tick, .reasons label")].filter((one) => {
    const box = one.getBoundingClientRect();
    return !one.closest("label input") && box.width > 0 && (box.width < 48 || box.height < 48);
}).map((one) => one.id || one.textContent)"""
_VIOLATIONS = """() => axe.run({resultTypes: ["violations"]}).then((found) => found.violations
    .filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" ")}`))"""


class Glass:
    """One page of a browser. What it complains of and whom it asks is kept, and its pictures in an album."""

    def __init__(self, browser: Browser, album: str) -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page = browser.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._note)
        self._album = ROOT / "build" / "screens" / album
        self.size("landscape")

    def size(self, name: str) -> None:
        """Turn or change the screen."""
        width, height = SIZES[name]
        self.page.set_viewport_size({"width": width, "height": height})

    def picture(self, name: str) -> None:
        """Keep what it looks like once it has come up, for whoever reviews it."""
        self.page.evaluate(_COME_UP)
        self._album.mkdir(parents=True, exist_ok=True)
        (self._album / f"{name}.png").write_bytes(self.page.screenshot())

    def overflowing(self) -> list[str]:
        """What is larger than its place, and cannot be scrolled."""
        return list(self.page.evaluate(_OVERFLOWING))

    def too_small(self) -> list[str]:
        """What a finger would miss."""
        return list(self.page.evaluate(_SMALL))

    def violations(self) -> list[str]:
        """What axe finds to be serious or critical."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE.read_text("utf-8"))
        return list(self.page.evaluate(_VIOLATIONS))

    def look(self, name: str) -> None:
        """Everybody can read and touch what is shown now, however the screen hangs; its pictures are kept."""
        found = dict[str, list[str]]()
        for size in SIZES:
            self.size(size)
            self.picture(f"{name}-{size}")
            found[f"overflows {size}"] = self.overflowing()
            found[f"too small {size}"] = self.too_small()
            if size != "small":
                found[f"violates {size}"] = self.violations()
        self.size("landscape")
        faults = [f"{what}: {fault}" for what, faults in found.items() for fault in faults]
        assert faults == [], "\n".join(faults)

    def close(self) -> None:
        """End it; nothing was complained of, and nothing was asked of anybody but the kiosk."""
        origin = "/".join(self.page.url.split("/")[:3])
        self.page.close()
        assert self.complaints == [], "\n".join(self.complaints)
        assert self.requests != []
        assert [url for url in self.requests if not url.startswith(f"{origin}/")] == []

    def _hear(self, message: ConsoleMessage) -> None:
        spoken = "/voice/" in message.location["url"] or "/static/sounds/" in message.location["url"]
        if message.type in ("error", "warning") and not spoken:  # prompts and tones may not have been made
            self.complaints.append(f"{message.text} {message.location['url']}")

    def _note(self, request: Request) -> None:
        if not request.url.startswith(("data:", "blob:")):
            self.requests.append(request.url)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium. Skips without it, or without what scripts/setup --dev takes from npm."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("there is no chromium: apt-get install chromium fonts-inter")
    if not AXE.exists():
        pytest.skip("axe-core is not there: npm was not when scripts/setup --dev ran")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()
