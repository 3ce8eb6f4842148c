"""The messages between page and server, besides those of `kiosk.screen`. Texts are ready to be shown."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from kiosk.screen.catalogue import Language
from kiosk.screen.state import ChoiceName
from sync.contract import StageName

Short = Annotated[str, Field(max_length=64)]
Secret = Annotated[str, Field(max_length=64, repr=False)]
"""A secret that was typed in. It is shown nowhere, neither in log lines nor in errors."""

TestName = Literal["camera", "place", "sound", "broker", "all"]
"""The checks that an officer can run."""


class PageMessage(BaseModel):
    """The base class of the messages from the page and to it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class TokenShown(PageMessage):
    """The token that the page was opened with."""

    token: Secret


class Answered(PageMessage):
    """A button of a card was touched."""

    card: Short
    choice: ChoiceName


class PinTyped(PageMessage):
    """NIP and PIN of a person whose face cannot be used, and the reason."""

    nip: Secret
    pin: Secret
    reason: Short


class SignIn(PageMessage):
    """NIP and PIN of an officer who signs in."""

    nip: Secret
    pin: Secret


class TestWanted(PageMessage):
    """The check that an officer wants to run."""

    what: TestName


class EnrolmentWanted(PageMessage):
    """The person of the roster whom an officer wants to enrol, and whether the person consents after the notice."""

    person: Short
    consent: bool


class EnrolmentAnswered(PageMessage):
    """The decision of the officer about a person who looks like an enrolled one."""

    although_alike: bool


class Told(PageMessage):
    """A text for the person who asked."""

    text: str


class SignedIn(PageMessage):
    """The officer who has signed in."""

    name: str


class CheckMessage(PageMessage):
    """The result of one check."""

    what: Short
    ok: bool
    text: str


class Checks(PageMessage):
    """The results of the checks that were run."""

    checks: tuple[CheckMessage, ...]


class OverviewEntry(PageMessage):
    """One of today's entries. `at` is ISO 8601 with an offset. `masked` is a NIP with its middle hidden."""

    at: str
    kind: str
    text: str
    masked: str | None = None


class OverviewPerson(PageMessage):
    """A person of the roster, and whether the kiosk has their face."""

    id: Short
    name: str
    masked_nip: str | None
    enrolled: bool


class Overview(PageMessage):
    """What an officer sees of the kiosk.

    `unsent` counts the entries that are not at the broker yet, `waiting` those that are not delivered to the centre.
    """

    name: str
    stage: StageName
    decree: str | None
    version: str
    unsent: int
    waiting: int
    entries: tuple[OverviewEntry, ...]
    people: tuple[OverviewPerson, ...]


class Labels(PageMessage):
    """Every phrase of the language of the screen by its key."""

    language: Language
    words: dict[str, str]


class PageSettings(PageMessage):
    """The settings of the page. `volume` is from 0 to 1."""

    language: Language
    volume: float
