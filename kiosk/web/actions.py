"""The interface between the web server and the kiosk: what people can do at the screen besides showing their face."""

from dataclasses import dataclass
from typing import Protocol

from kiosk.runtime.errors import KioskError
from kiosk.screen import Phrase, Words
from kiosk.screen.state import ChoiceName
from kiosk.web.messages import Checks, Overview, TestName


class ActionRefusedError(KioskError):
    """An action is refused, with an HTTP status and the phrase that the person is told."""

    def __init__(self, status: int, line: Phrase) -> None:
        super().__init__(f"refused: {line.key}")
        self.status = status
        self.line = line


@dataclass(frozen=True, slots=True)
class ActionReply:
    """The answer to an action: an HTTP status, 200 when it is done, and a text in the language of the screen."""

    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Officer:
    """An officer who has signed in. `session` is a random secret that their page sends with each action."""

    session: str
    name: str

    def __repr__(self) -> str:
        return "Officer()"  # neither value may go into a log


class Actions(Protocol):
    """The actions of the kiosk. Any thread may call them, several at once, and each returns within five seconds.

    `officer` is an `Officer.session` as the page sent it. The answer to one that has ended or never existed is an
    `ActionReply` with status 401.
    """

    def answer(self, card: str, choice: ChoiceName) -> ActionReply:
        """Carries out the choice on a card. Status 409 when it is too late for it."""

    def by_pin(self, nip: str, pin: str, reason: str) -> ActionReply:
        """Records attendance by PIN. Status 403 when that is refused, 429 after too many tries."""

    def sign_in(self, nip: str, pin: str) -> Officer | ActionReply:
        """Begins the session of an officer. Status 403 and 429 as for `by_pin`."""

    def sign_out(self, officer: str) -> ActionReply:
        """Ends the session of an officer."""

    def overview(self, officer: str) -> Overview | ActionReply:
        """Returns an overview of the kiosk, its newest entries and its people."""

    def test(self, officer: str, what: TestName) -> Checks | ActionReply:
        """Runs a check of the kiosk."""

    def enrol(self, officer: str, person: str, *, consent: bool) -> ActionReply:
        """Begins the enrolment of a person. The screen shows its progress as `Enrolment`."""

    def enrol_answer(self, officer: str, *, although_alike: bool) -> ActionReply:
        """Decides whether a person who looks like an enrolled one is enrolled."""

    def enrol_cancel(self, officer: str) -> ActionReply:
        """Cancels the enrolment."""


class NullActions:
    """The actions of a kiosk without any: each is answered with status 503."""

    def __init__(self, words: Words) -> None:
        self._said = ActionReply(503, words.say(Phrase("maint")))

    def answer(self, _card: str, _choice: ChoiceName) -> ActionReply:
        """Does nothing."""
        return self._said

    def by_pin(self, _nip: str, _pin: str, _reason: str) -> ActionReply:
        """Does nothing."""
        return self._said

    def sign_in(self, _nip: str, _pin: str) -> Officer | ActionReply:
        """Does nothing."""
        return self._said

    def sign_out(self, _officer: str) -> ActionReply:
        """Does nothing."""
        return self._said

    def overview(self, _officer: str) -> Overview | ActionReply:
        """Does nothing."""
        return self._said

    def test(self, _officer: str, _what: TestName) -> Checks | ActionReply:
        """Does nothing."""
        return self._said

    def enrol(self, _officer: str, _person: str, *, consent: bool) -> ActionReply:  # noqa: ARG002
        """Does nothing."""
        return self._said

    def enrol_answer(self, _officer: str, *, although_alike: bool) -> ActionReply:  # noqa: ARG002
        """Does nothing."""
        return self._said

    def enrol_cancel(self, _officer: str) -> ActionReply:
        """Does nothing."""
        return self._said
