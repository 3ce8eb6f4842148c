"""An office with a real kiosk and its page in a real browser: people come when a test calls them."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from kiosk.app import parts
from kiosk.enrolment.shots import shots_from_photos
from kiosk.lab.demo.office import Office
from kiosk.people import Details, Shot
from kiosk.screen import Phrase, Words
from sync.contract import Entry, PolicyApplied
from sync.pin import hashed
from tests import commands
from tests.agency import Agency, Wire, wire
from tests.glass import Glass
from tests.whole_day.harness import Kiosk, change, kind_of, office

OFFICER, OFFICER_NIP, OFFICER_PIN = "officer", "198609262015051001", "905172"
NIP, PIN = "199001012014032001", "483920"
"""Of who works here."""

_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_COMING = [{"session": "in", "opens": "00:00", "closes": "00:00+1"}]
_LEAVING = [
    {"session": "in", "opens": "00:00", "closes": "00:01"},
    {"session": "out", "opens": "00:01", "closes": "00:00+1"},
]
_SHIFTS: dict[str, dict[str, object]] = {
    "coming": {"name": "day", "days": _DAYS, "sessions": _COMING},
    "leaving": {"name": "day", "days": _DAYS, "sessions": _LEAVING, "start": "00:00", "end": "00:00+1"},
}
_DECREE = {"number": "800/1/2026", "date": "2026-01-02"}
_ABOUT_PEOPLE = {
    "record",
    "unknown_face",
    "spoof_suspected",
    "challenge_failed",
    "quality_refused",
    "enrolled",
    "pin_refused",
    "officer_signed_in",
    "officer_signed_out",
}


class House:
    """The office, its kiosk, the agency's line to it, and the page that people see."""

    def __init__(self, place: Office, kiosk: Kiosk, agency: Agency, centre: Wire, glass: Glass, known: Path) -> None:
        self.place = place
        self.kiosk = kiosk
        self.agency = agency
        self.centre = centre
        self.glass = glass
        self.words = Words()
        self._known = known
        self._people = kiosk.config.with_name("people.txt")
        self._rules: dict[str, object] = {}
        self._version = 0
        self.person = ""
        self._staff = 0
        self._shots: Sequence[Shot] = ()
        self._model = ""
        self._seen = 0

    @property
    def page(self) -> Page:
        return self.glass.page

    def enrol_everybody(self) -> None:
        """Take the shots that somebody who works here is enrolled with, and have an officer."""
        with parts.pipeline(self.kiosk.settings) as pipeline:
            self._shots, self._model = shots_from_photos([self._known], pipeline), pipeline.embedder.model
        details = Details(name="Bapak Rahmat", nip=OFFICER_NIP, pin=hashed(OFFICER_PIN), officer=True)
        with parts.people(self.kiosk.settings) as people:
            people.put(OFFICER, details, self._model, [], datetime.now(UTC))

    def staff(self, name: str, *, face: bool = True) -> str:
        """Somebody else works here now, with the known face; their id. Nothing is recorded or shown of them yet."""
        before, self.person, self._staff = self.person, f"staff-{self._staff + 1}", self._staff + 1
        galleries, details = len(self._rolls()), Details(name=name, nip=NIP, pin=hashed(PIN))
        with parts.people(self.kiosk.settings) as people:
            if before:
                people.remove(before)
            now = datetime.now(UTC)
            people.put(self.person, details, self._model, self._shots if face else [], now)
        self.kiosk.wait(lambda: self._rolls()[galleries:][-1:] == [face], "roll with who works here")
        self.quiet()
        return self.person

    def _rolls(self) -> list[bool]:
        """Whether anybody had a face, each time that the kiosk read its roll."""
        return [count == "1" for count in re.findall(r"(\d+) people enrolled, threshold", self.kiosk.log)]

    def rules(self, stage: str = "trial", shift: str = "coming", liveness: str | None = None) -> None:
        """The agency's rules from now on."""
        wanted = {"stage": stage, "shift": shift, "liveness": liveness}
        if wanted == self._rules:
            return
        self._rules, self._version = dict(wanted), self._version + 1
        began = {"at": "2026-01-01T00:00:00+08:00", "stage": stage, "decree": _DECREE if stage == "active" else None}
        day = {"profiles": [{"shifts": [_SHIFTS[shift]]}]}
        self.centre.policy(self.agency.policy(self._version, stages=[began], schedules={"day": day}, liveness=liveness))
        self.kiosk.wait(self._policy_holds, f"policy {self._version}")
        expect(self.page.locator("body")).to_have_attribute("data-stage", stage)

    def _policy_holds(self) -> bool:
        bodies = [entry.body for entry in self.kiosk.entries()]
        return any(isinstance(body, PolicyApplied) and body.detail.version == self._version for body in bodies)

    def call(self, line: str) -> None:
        """Somebody comes, goes, or is asked; see `camera.synthetic.lobby`."""
        with self._people.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def comes(self, photo: Path | None = None, options: str = "") -> None:
        """Somebody walks up and stays: who works here, or the person of a photo."""
        self.call(f"person:{photo or self._known}?seconds=60&fps=12{options}")

    def goes(self) -> None:
        """Nobody is there any more."""
        self.call("nobody")
        expect(self.page.locator("#frame-face")).to_be_hidden()

    def quiet(self) -> None:
        """Nothing is shown of anybody."""
        self.goes()
        expect(self.page.locator("body:not([data-card])")).to_be_attached()

    def say(self, key: str, **values: str) -> str:
        """A phrase as it is shown."""
        return self.words.say(Phrase(key, **values))

    def shows(self, *texts: str) -> Locator:
        """Wait until the page's panel says all that."""
        panel = self.page.locator("section.panel:visible")
        for text in texts:
            expect(panel).to_contain_text(text)
        return panel

    def button(self, key: str) -> Locator:
        """What is touched."""
        return self.page.get_by_role("button", name=self.say(key)).locator("visible=true")

    def turn_page(self) -> None:
        """From here on entries are news."""
        self._seen = self.kiosk.entries()[-1].seq

    def news(self) -> list[Entry]:
        """What the ledger has of people since the page was turned."""
        return [entry for entry in self.kiosk.entries() if entry.seq > self._seen and kind_of(entry) in _ABOUT_PEOPLE]

    def told(self) -> list[str]:
        """The kinds of the news."""
        return [kind_of(entry) for entry in self.news()]

    def detail(self, kind: str) -> dict[str, Any]:
        """What the only news of its kind says."""
        (body,) = [entry.body for entry in self.news() if kind_of(entry) == kind]
        shown: dict[str, Any] = body.model_dump(mode="json")
        return shown.get("detail", shown)

    def enter(self) -> None:
        """Open the page as the kiosk's browser does."""
        done = commands.run("kiosk", "screen", "url", "--config", str(self.kiosk.config), cwd=self.kiosk.config.parent)
        done.check_returncode()
        self.page.goto(done.stdout.strip())
        expect(self.page.locator("#zone")).to_have_text("WITA")


@contextmanager
def opened(folder: Path, browser: Browser, known: Path) -> Iterator[House]:
    """A house in trial before which nobody stands, and its page."""
    with office(folder) as (place, kiosk):
        change(kiosk.config, f"queue:{folder}/queue.txt", f"lobby:{folder}/people.txt")
        folder.joinpath("people.txt").touch()
        settings = kiosk.settings
        agency = Agency(settings.kiosk.unit)
        agency.pin(kiosk.config, settings)
        with wire(place.broker, parts.topics(settings)) as centre:
            house = House(place, kiosk, agency, centre, Glass(browser, "kiosk"), known)
            house.enrol_everybody()
            place.wait_for_fix()
            kiosk.start_ready()
            house.enter()
            house.rules()
            kiosk.wait(house._rolls, "first roll")
            yield house
            house.glass.close()
            assert kiosk.stop()[0] == 0, kiosk.log
