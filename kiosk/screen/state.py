"""The messages that the screen consists of. Their texts are in the language of the screen, ready to be shown."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from camera import Prompt

Tone = Literal["plain", "ok", "repeat", "practice", "warning", "refused"]
"""The kind of a text. Each kind has a colour, an icon and a sound, so that colour alone never carries it."""

ChoiceName = Literal["not_me", "yes", "no"]
"""What the page answers when the button of a card is touched."""

Share = Annotated[float, Field(ge=0, le=1)]


class ScreenMessage(BaseModel):
    """The base class of the messages to the page."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Banner(ScreenMessage):
    """What is shown while there is no card: one line, and what to do. `key` is the key of the phrase."""

    key: str
    title: str
    help: str = ""
    tone: Tone = "plain"


class Choice(ScreenMessage):
    """A button on a card. The page answers with `name`."""

    name: ChoiceName
    label: str


class Card(ScreenMessage):
    """The result of a visit, or a question to the person who stands there.

    It is shown for `lasts_s` seconds; its choices may be taken in the first `choose_s` of them. `voice` is the key of a
    spoken prompt, which never contains a name.
    """

    id: str
    tone: Tone
    title: str
    text: str = ""
    notes: tuple[str, ...] = ()
    receipt: str | None = None
    choices: tuple[Choice, ...] = ()
    lasts_s: float = 5.0
    choose_s: float = 0.0
    voice: str | None = None


class Chips(ScreenMessage):
    """The status of the kiosk. `at` is its time with the offset, `zone` the name of the time zone, such as WITA.

    `waiting` counts entries that are not delivered. `place` is the source of the place. `clock` is whether something
    vouches for the time, `room` whether the disk has space, `careful` whether liveness is checked.
    """

    at: str
    zone: str
    stage: Literal["inactive", "socialisation", "trial", "active"]
    online: bool
    waiting: int
    place: Literal["gnss", "site"]
    clock: bool
    room: bool = True
    careful: bool = True


class Guide(ScreenMessage):
    """Where the face is and what it should do.

    `box` is x, y, width and height as shares of the picture as it was taken, not mirrored. `progress` is the share of
    the asked movement that is done.
    """

    box: tuple[float, float, float, float] | None = None
    hint: str = ""
    key: str = ""
    asked: Prompt | None = None
    progress: Share = 0.0


class Enrolment(ScreenMessage):
    """The progress of an enrolment by an officer: the poses, how many are `taken`, and what is wrong with the picture.

    `phase` is `look` while shots are taken, `alike` when an enrolled person looks alike and the officer must decide,
    then `done` or `refused`.
    """

    name: str
    phase: Literal["look", "alike", "done", "refused"]
    poses: tuple[Literal["ahead", "left", "right", "up", "down"], ...]
    taken: int = 0
    text: str = ""


class State(ScreenMessage):
    """Everything a page shows except the picture and the guide, which change with every frame.

    `number` grows with every change.
    """

    number: int = 0
    banner: Banner
    card: Card | None = None
    chips: Chips | None = None
    enrolment: Enrolment | None = None
