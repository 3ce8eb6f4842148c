"""What people can do at the screen beside standing before it, as the web server asks for it."""

from dataclasses import dataclass
from typing import Protocol

from kiosk.runtime.errors import KioskError
from kiosk.screen import Phrase, Words
from kiosk.screen.state import ChoiceName
from kiosk.web.messages import Checks, Overview, TestName


class ActionRefusedError(KioskError):
    """Somebody is refused: with an HTTP status, and the line that they are told."""

    def __init__(self, status: int, line: Phrase) -> None:
        super().__init__(f"refused: {line.key}")
        self.status = status
        self.line = line


@dataclass(frozen=True, slots=True)
class ActionReply:
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

    `officer` is an `Officer.session`, as the page sent it: one that has ended, or never was, is answered with
    `ActionReply` of status 401.
    """

    def answer(self, card: str, choice: ChoiceName) -> ActionReply:
        """Take the choice of a card; 409 when it is too late for it."""

    def by_pin(self, nip: str, pin: str, reason: str) -> ActionReply:
        """Record the attendance of somebody by PIN; 403 when that is refused, 429 when there were too many tries."""

    def sign_in(self, nip: str, pin: str) -> Officer | ActionReply:
        """Begin an officer's session; 403 and 429 as for `by_pin`."""

    def sign_out(self, officer: str) -> ActionReply:
        """End it."""

    def overview(self, officer: str) -> Overview | ActionReply:
        """What the kiosk is and holds."""

    def test(self, officer: str, what: TestName) -> Checks | ActionReply:
        """Try something out."""

    def enrol(self, officer: str, person: str, *, consent: bool) -> ActionReply:
        """Begin to enrol somebody; how it goes comes as `Enrolment` by the screen."""

    def enrol_answer(self, officer: str, *, although_alike: bool) -> ActionReply:
        """Decide on somebody who looks like somebody enrolled."""

    def enrol_cancel(self, officer: str) -> ActionReply:
        """Leave the enrolment."""


class NullActions:
    """A kiosk at which people can only stand before the camera."""

    def __init__(self, words: Words) -> None:
        self._said = ActionReply(503, words.say(Phrase("maint")))

    def answer(self, _card: str, _choice: ChoiceName) -> ActionReply:
        """Nothing is done."""
        return self._said

    def by_pin(self, _nip: str, _pin: str, _reason: str) -> ActionReply:
        """Nothing is done."""
        return self._said

    def sign_in(self, _nip: str, _pin: str) -> Officer | ActionReply:
        """Nothing is done."""
        return self._said

    def sign_out(self, _officer: str) -> ActionReply:
        """Nothing is done."""
        return self._said

    def overview(self, _officer: str) -> Overview | ActionReply:
        """Nothing is done."""
        return self._said

    def test(self, _officer: str, _what: TestName) -> Checks | ActionReply:
        """Nothing is done."""
        return self._said

    def enrol(self, _officer: str, _person: str, *, consent: bool) -> ActionReply:  # noqa: ARG002
        """Nothing is done."""
        return self._said

    def enrol_answer(self, _officer: str, *, although_alike: bool) -> ActionReply:  # noqa: ARG002
        """Nothing is done."""
        return self._said

    def enrol_cancel(self, _officer: str) -> ActionReply:
        """Nothing is done."""
        return self._said
