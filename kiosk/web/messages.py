"""What the page sends and gets, beside the screen's own messages. Text is in the screen's language, ready to show."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from kiosk.screen.catalogue import Language
from kiosk.screen.state import ChoiceName
from sync.contract import StageName

Short = Annotated[str, Field(max_length=64)]
Secret = Annotated[str, Field(max_length=64, repr=False)]
"""What is typed in and shown nowhere, log lines and errors among them."""

TestName = Literal["camera", "place", "sound", "broker", "all"]
"""What an officer can try out."""


class PageMessage(BaseModel):
    """One message from the page or to it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class TokenShown(PageMessage):
    """The page was opened with this token."""

    token: Secret


class Answered(PageMessage):
    """A button of a card was touched."""

    card: Short
    choice: ChoiceName


class PinTyped(PageMessage):
    """Somebody whose face cannot be used, and why."""

    nip: Secret
    pin: Secret
    reason: Short


class SignIn(PageMessage):
    """An officer wants to work at the kiosk."""

    nip: Secret
    pin: Secret


class TestWanted(PageMessage):
    """An officer wants to know whether something works."""

    what: TestName


class EnrolmentWanted(PageMessage):
    """An officer enrols somebody of the roster, who was read the notice and agrees."""

    person: Short
    consent: bool


class EnrolmentAnswered(PageMessage):
    """The officer's word on somebody who looks like somebody enrolled."""

    although_alike: bool


class Told(PageMessage):
    """A line for the person who asked."""

    text: str


class SignedIn(PageMessage):
    """Who works at the kiosk now."""

    name: str


class CheckMessage(PageMessage):
    """One thing that was tried."""

    what: Short
    ok: bool
    text: str


class Checks(PageMessage):
    """Everything that was tried."""

    checks: tuple[CheckMessage, ...]


class OverviewEntry(PageMessage):
    """One of today's entries. `at` is ISO 8601 with its offset; `masked` a NIP with its middle hidden."""

    at: str
    kind: str
    text: str
    masked: str | None = None


class OverviewPerson(PageMessage):
    """Somebody of the roster, and whether the kiosk has a face of them."""

    id: Short
    name: str
    masked_nip: str | None
    enrolled: bool


class Overview(PageMessage):
    """What an officer sees of the kiosk. `unsent` entries are not at the broker, `waiting` ones not delivered."""

    name: str
    stage: StageName
    decree: str | None
    version: str
    unsent: int
    waiting: int
    entries: tuple[OverviewEntry, ...]
    people: tuple[OverviewPerson, ...]


class Labels(PageMessage):
    """Every phrase of the screen's language by its key."""

    language: Language
    words: dict[str, str]


class PageSettings(PageMessage):
    """What the page does not decide itself; `volume` runs from 0 to 1."""

    language: Language
    volume: float
