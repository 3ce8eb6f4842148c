"""What people can do at the screen beside standing before it, as the web server asks for it."""

from dataclasses import dataclass
from typing import Protocol

from kiosk.runtime.errors import KioskError
from kiosk.screen import Line, Words
from kiosk.web.messages import Checks, Choice, Overview, Trial


class CounterError(KioskError):
    """Somebody is refused: with an HTTP status, and the line that they are told."""

    def __init__(self, status: int, line: Line) -> None:
        super().__init__(f"refused: {line.key}")
        self.status = status
        self.line = line


@dataclass(frozen=True, slots=True)
class Said:
    """The answer to somebody: an HTTP status, 200 when it is done, and a line in the screen's language."""

    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Officer:
    """An officer at work. `session` is a random word that only their page knows; it names the session from then on."""

    session: str
    name: str

    def __repr__(self) -> str:
        return "Officer()"  # neither goes into a log


class Actions(Protocol):
    """Each may be called from any thread, several at once, and answers within five seconds.

    `officer` is an `Officer.session`, as the page sent it: one that has ended, or never was, is answered with `Said` of
    status 401.
    """

    def answer(self, card: str, choice: Choice) -> Said:
        """Take the choice of a card; 409 when it is too late for it."""

    def by_pin(self, nip: str, pin: str, reason: str) -> Said:
        """Record the attendance of somebody by PIN; 403 when that is refused, 429 when there were too many tries."""

    def sign_in(self, nip: str, pin: str) -> Officer | Said:
        """Begin an officer's session; 403 and 429 as for `by_pin`."""

    def sign_out(self, officer: str) -> Said:
        """End it."""

    def overview(self, officer: str) -> Overview | Said:
        """What the kiosk is and holds."""

    def test(self, officer: str, what: Trial) -> Checks | Said:
        """Try something out."""

    def enrol(self, officer: str, person: str, *, consent: bool) -> Said:
        """Begin to enrol somebody; how it goes comes as `Enrolment` by the screen."""

    def enrol_answer(self, officer: str, *, although_alike: bool) -> Said:
        """Decide on somebody who looks like somebody enrolled."""

    def enrol_cancel(self, officer: str) -> Said:
        """Leave the enrolment."""


class Unattended:
    """A kiosk at which people can only stand before the camera."""

    def __init__(self, words: Words) -> None:
        self._said = Said(503, words.say(Line("maint")))

    def answer(self, _card: str, _choice: Choice) -> Said:
        """Nothing is done."""
        return self._said

    def by_pin(self, _nip: str, _pin: str, _reason: str) -> Said:
        """Nothing is done."""
        return self._said

    def sign_in(self, _nip: str, _pin: str) -> Officer | Said:
        """Nothing is done."""
        return self._said

    def sign_out(self, _officer: str) -> Said:
        """Nothing is done."""
        return self._said

    def overview(self, _officer: str) -> Overview | Said:
        """Nothing is done."""
        return self._said

    def test(self, _officer: str, _what: Trial) -> Checks | Said:
        """Nothing is done."""
        return self._said

    def enrol(self, _officer: str, _person: str, *, consent: bool) -> Said:  # noqa: ARG002
        """Nothing is done."""
        return self._said

    def enrol_answer(self, _officer: str, *, although_alike: bool) -> Said:  # noqa: ARG002
        """Nothing is done."""
        return self._said

    def enrol_cancel(self, _officer: str) -> Said:
        """Nothing is done."""
        return self._said
