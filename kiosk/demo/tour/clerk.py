"""Who answers at the screen of the tour. Nothing is recorded, and everybody may in."""

from typing import Final

from kiosk.demo.tour.show import Tour
from kiosk.demo.tour.steps import NAME
from kiosk.screen import Line, Words
from kiosk.version import VERSION
from kiosk.web.actions import Officer, Said
from kiosk.web.messages import Check, Checks, Choice, Overview, OverviewEntry, OverviewPerson, Trial

_MASKED: Final = "1986****** ***1 001"
_PEOPLE: Final = {"1": NAME, "2": "Bapak Rahmat", "3": "Ibu Dayang Nurul", "4": "Bapak Yohanes Lawing"}
_SESSION: Final = "tour"


class Clerk:
    """The actions of a kiosk that is none."""

    def __init__(self, tour: Tour, words: Words) -> None:
        self._tour = tour
        self._words = words

    def answer(self, _card: str, _choice: Choice) -> Said:
        """Nothing is recorded here, and so the answer is."""
        return self._practice()

    def by_pin(self, _nip: str, _pin: str, _reason: str) -> Said:
        """Likewise."""
        return self._practice()

    def sign_in(self, _nip: str, _pin: str) -> Officer | Said:
        """Anybody may in."""
        return Officer(_SESSION, "Ibu Ratna")

    def sign_out(self, _officer: str) -> Said:
        """Nothing was kept of them."""
        return self._practice()

    def overview(self, officer: str) -> Overview | Said:
        """A made-up morning."""
        if officer != _SESSION:
            return self._ended()
        kinds = [("07.28", "in_ok", "1"), ("07.31", "in_ok", "2"), ("07.34", "in_repeat", "1")]
        entries = tuple(self._entry(time, key, _PEOPLE[person]) for time, key, person in kinds)
        people = [
            OverviewPerson(id=person, name=name, masked_nip=_MASKED, enrolled=person in "12")
            for person, name in _PEOPLE.items()
        ]
        return Overview(
            name="Ibu Ratna",
            stage="trial",
            decree=None,
            version=VERSION,
            unsent=0,
            waiting=3,
            entries=entries,
            people=tuple(people),
        )

    def test(self, officer: str, what: Trial) -> Checks | Said:
        """One thing needs attention, so that it can be seen."""
        if officer != _SESSION:
            return self._ended()
        wanted = ["camera", "place", "sound", "broker"] if what == "all" else [what]
        found = {"place": ("chip_site", False), "broker": ("chip_online", True), "camera": ("preview", True)}
        checks = [(one, *found.get(one, (f"test_{one}", True))) for one in wanted]
        return Checks(checks=tuple(Check(what=one, ok=ok, text=self._say(key)) for one, key, ok in checks))

    def enrol(self, officer: str, person: str, *, consent: bool) -> Said:
        """Show how it goes."""
        if officer != _SESSION:
            return self._ended()
        if not consent:
            return Said(403, self._say("enrol_refused"))
        self._tour.enrol(_PEOPLE[person])
        return Said(200, "")

    def enrol_answer(self, _officer: str, *, although_alike: bool) -> Said:
        """Decided either way, it is over."""
        self._tour.leave()
        return Said(200, self._say("enrol_done" if although_alike else "enrol_refused"))

    def enrol_cancel(self, _officer: str) -> Said:
        """Leave it."""
        self._tour.leave()
        return Said(200, self._say("enrol_refused"))

    def _entry(self, time: str, key: str, name: str) -> OverviewEntry:
        at = f"2026-01-05T{time.replace('.', ':')}:00+08:00"
        text = f"{name} · {self._say(key, time=time)}"
        return OverviewEntry(at=at, kind="record", text=text, masked=_MASKED)

    def _practice(self) -> Said:
        return Said(200, self._say("practice"))

    def _ended(self) -> Said:
        return Said(401, self._say("officer_ended"))

    def _say(self, key: str, **values: str) -> str:
        return self._words.say(Line(key, **values))
