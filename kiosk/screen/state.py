"""The messages that a screen is made of. Text in them is in the screen's language, ready to be shown."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from camera import Prompt

Tone = Literal["plain", "ok", "repeat", "practice", "warning", "refused"]
"""What a text is, so that no colour has to tell it alone: each has an icon and a sound."""

ChoiceName = Literal["not_me", "yes", "no"]
"""What the page answers when the button of a card is touched."""

Share = Annotated[float, Field(ge=0, le=1)]


class ScreenMessage(BaseModel):
    """One message to the page."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Banner(ScreenMessage):
    """What stands while nobody's result is shown: one line, and what to do. `key` is the phrase's."""

    key: str
    title: str
    help: str = ""
    tone: Tone = "plain"


class Choice(ScreenMessage):
    """A button on a card. `name` is what is answered."""

    name: ChoiceName
    label: str


class Card(ScreenMessage):
    """What became of a visit, or a question to the person who stands there.

    It stands for `lasts_s`; its choices may be taken in the first `choose_s` of them. `icon` tells it without colour,
    `sound` by ear; `voice` is the key of a spoken prompt, and never a name.
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
    """How the kiosk is doing. `at` is the device's time, with its offset; `zone` its name, such as WITA.

    `place` is where its place comes from; `clock` whether somebody vouches for the time.
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
    """Where the face is and what it should do. `box` is x, y, width, height as shares of the picture as it was taken,
    not mirrored; `progress` is how far what is done has gone."""

    box: tuple[float, float, float, float] | None = None
    hint: str = ""
    key: str = ""
    asked: Prompt | None = None
    progress: Share = 0.0


class Enrolment(ScreenMessage):
    """An officer enrols somebody: which poses are taken, which is next, and what is wrong with what is seen.

    `phase`: `look` while shots are taken, `alike` when somebody enrolled looks alike and the officer decides, `done`,
    `refused`.
    """

    name: str
    phase: Literal["look", "alike", "done", "refused"]
    poses: tuple[Literal["ahead", "left", "right", "up", "down"], ...]
    taken: int = 0
    text: str = ""


class State(ScreenMessage):
    """Everything a page needs but the picture and the guide, which change with every frame. `number` grows."""

    number: int = 0
    banner: Banner
    card: Card | None = None
    chips: Chips | None = None
    enrolment: Enrolment | None = None
