"""A page in the system's own Chromium, and what is asked of everything that people see on it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Request, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
SIZES = {"landscape": (1280, 800), "portrait": (800, 1280), "small": (1024, 600)}
PICTURES = ROOT / "build" / "screens"
AXE = ROOT / "tests" / "node" / "node_modules" / "axe-core" / "axe.min.js"

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
_OVERFLOWING = """() => [document.documentElement, ...document.querySelectorAll("body *")].filter((one) => {
    const style = getComputedStyle(one);
    // letters reach below their line; what would cut them off is the box that holds the line
    if (one.matches("h1, h2, h3, p, span, b, li, time") || one.closest("svg, table")) return false;
    if (one.clientWidth === 0 || style.overflowY === "auto") return false;
    return one.scrollWidth > one.clientWidth + 2 || one.scrollHeight > one.clientHeight + 3;
}).map((one) => `${one.tagName}#${one.id}.${one.className} ${one.scrollWidth}x${one.scrollHeight}`
    + ` in ${one.clientWidth}x${one.clientHeight}`)"""
_SETTLED = (
    "() => Promise.all(document.querySelector('#panel').getAnimations().map((one) => one.finished)).then(() => true)"
)
_VIOLATIONS = """() => axe.run({resultTypes: ["violations"]}).then((found) => found.violations
    .filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => `${one.id}: ${one.nodes.map((node) => node.html + node.failureSummary).join(" ")}`))"""


class Glass:
    """One page of a browser; what it complains of, and whom it asks, is kept."""

    def __init__(self, browser: Browser) -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page = browser.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._note)
        self.size("landscape")

    def size(self, name: str) -> None:
        """Turn or change the screen."""
        width, height = SIZES[name]
        self.page.set_viewport_size({"width": width, "height": height})

    def picture(self, name: str) -> None:
        """Keep what it looks like, for whoever reviews it."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        (PICTURES / f"{name}.png").write_bytes(self.page.screenshot())

    def overflowing(self) -> list[str]:
        """What is larger than its place, and cannot be scrolled."""
        return list(self.page.evaluate(_OVERFLOWING))

    def violations(self) -> list[str]:
        """What axe finds to be serious or critical."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE.read_text("utf-8"))
        return list(self.page.evaluate(_VIOLATIONS))

    def look(self, name: str) -> None:
        """Everybody can read what is shown now, however the screen hangs; pictures of it are kept under a name."""
        found = dict[str, list[str]]()
        self.page.evaluate(_SETTLED)
        for size in SIZES:
            self.size(size)
            self.picture(f"{name}-{size}")
            found[f"{size}: overflow"] = self.overflowing()
            if size != "small":
                found[f"{size}: axe"] = self.violations()
        self.size("landscape")
        faults = [f"{what}: {fault}" for what, faults in found.items() for fault in faults]
        assert faults == [], "\n".join(faults)

    def _hear(self, message: ConsoleMessage) -> None:
        spoken = "/voice/" in message.location["url"]
        if message.type in ("error", "warning") and not spoken:  # prompts are made by a program of its own
            self.complaints.append(f"{message.text} {message.location['url']}")

    def _note(self, request: Request) -> None:
        if not request.url.startswith(("data:", "blob:")):
            self.requests.append(request.url)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium. Skips without it, or without what scripts/setup --dev takes from npm."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("there is no chromium: apt-get install chromium")
    if not AXE.exists():
        pytest.skip("axe-core is missing: npm was not there when scripts/setup --dev ran")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()
