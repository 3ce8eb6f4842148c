"""What the tour shows: every state of the screen, by name, in the order in which a visitor understands them."""

from dataclasses import dataclass
from typing import Final, Literal

from kiosk.lab.tour.figure import Pose
from kiosk.screen import Card, Chips, Choice, Guide, Line, Tone, Words
from kiosk.screen.state import Enrolment

RING: Final[tuple[Literal["ahead", "left", "right", "up", "down"], ...]] = ("ahead", "left", "right", "up", "down")
"""The poses of an enrolment."""

NAME: Final = "Ibu Siti"
_LONG_NAME: Final = "Bapak Muhammad Syaifullah Al Banjari"
_AT: Final = "07.28 WITA"
_THERE: Final = (Pose(),)

_CHIPS: Final = Chips(
    at="2026-01-05T07:28:00+08:00", zone="WITA", stage="active", online=True, waiting=0, place="gnss", clock=True
)
_OFFLINE: Final = _CHIPS.model_copy(update={"online": False, "waiting": 12})
_TRIAL: Final = _CHIPS.model_copy(update={"stage": "trial"})
_PRACTICE: Final = _CHIPS.model_copy(update={"stage": "socialisation"})
_FULL: Final = _CHIPS.model_copy(update={"room": False})
_MEASURED: Final = ("steady", "processing", "turn_left", "turn_right", "blink")
_ASKED: Final = ("turn_left", "turn_right", "blink")


@dataclass(frozen=True, slots=True)
class Step:
    """One state. `poses` stand before the camera, the first is guided by `key`; what is asked runs its course."""

    name: str
    banner: Line = Line("idle")  # noqa: RUF009 (a Line does not change)
    tone: Tone = "plain"
    chips: Chips = _CHIPS
    poses: tuple[Pose, ...] = ()
    key: str = ""
    card: Card | None = None
    enrolment: Enrolment | None = None
    lost: bool = False
    """Whether the camera gives no picture."""


class Script:
    """The steps in one language."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def steps(self) -> tuple[Step, ...]:
        """All of them."""
        met = [*_guided(), *self._recorded(), *self._asked(), *self._refused()]
        return (*met, *self._stages(), *_troubles(), *_enrolments())

    def _recorded(self) -> list[Step]:
        long, kept = self._done("in_ok", "trial", name=_LONG_NAME), self._done("in_ok", "offline")
        return [
            Step("recorded", poses=_THERE, card=self._done("in_ok")),
            Step("long_name", poses=_THERE, card=long, chips=_TRIAL),
            Step("recorded_offline", poses=_THERE, card=kept, chips=_OFFLINE),
            Step("leaving", poses=_THERE, card=self._done("out_ok")),
            Step("repeat", poses=_THERE, card=self._named("repeat", "in_repeat")),
        ]

    def _asked(self) -> list[Step]:
        early = self._named("warning", "out_early", time="16.00 WITA")
        who = Card(id="confirm", tone="plain", title=self._say("confirm", name=NAME))
        return [
            Step("out_early", poses=_THERE, card=self._question(early, "early_yes", "early_no")),
            Step("confirm", poses=_THERE, card=self._question(who, "yes", "no")),
        ]

    def _refused(self) -> list[Step]:
        refused = ("unknown", "unknown3", "not_unit", "spoof", "challenge_failed", "paused", "covered")
        shown: list[tuple[str, Tone]] = [(key, "refused") for key in refused]
        shown += [("holiday", "warning"), ("closed", "warning")]
        return [
            Step(key, poses=_THERE, card=Card(id=key, tone=tone, title=self._say(key), voice=key))
            for key, tone in shown
        ]

    def _stages(self) -> list[Step]:
        inactive = _CHIPS.model_copy(update={"stage": "inactive"})
        return [
            Step("inactive", Line("inactive"), chips=inactive),
            Step("socialisation", chips=_PRACTICE),
            Step("practice", poses=_THERE, card=self._named("practice", "practice"), chips=_PRACTICE),
            Step("trial", chips=_TRIAL),
            Step("trial_recorded", poses=_THERE, card=self._done("in_ok", "trial"), chips=_TRIAL),
        ]

    def _done(self, key: str, *notes: str, name: str = NAME) -> Card:
        undo = (Choice(name="not_me", label=self._say("not_me")),)
        said = tuple(self._say(note) for note in notes)
        card = self._named("ok", key, name)
        return card.model_copy(update={"notes": said, "receipt": "7KQ-4MX", "choices": undo, "choose_s": 5.0})

    def _named(self, tone: Tone, key: str, name: str = NAME, time: str = _AT) -> Card:
        hello = self._say("hello", greeting=self._say("greeting_morning"), name=name)
        return Card(id=f"{key} {name}", tone=tone, title=hello, text=self._say(key, time=time), voice=key)

    def _question(self, card: Card, yes: str, no: str) -> Card:
        choices = (Choice(name="yes", label=self._say(yes)), Choice(name="no", label=self._say(no)))
        return card.model_copy(update={"choices": choices, "choose_s": 10.0, "lasts_s": 10.0})

    def _say(self, key: str, **values: str) -> str:
        return self._words.say(Line(key, **values))


def _guided() -> list[Step]:
    far, aside, two = (Pose(size=0.24),), (Pose(x=0.24),), (Pose(x=0.32), Pose(x=0.68))
    return [
        Step("starting", Line("starting")),
        Step("idle"),
        Step("look", poses=_THERE, key="no_landmarks"),
        Step("too_far", poses=far, key="too_far"),
        Step("out_of_picture", poses=aside, key="out_of_picture"),
        Step("steady", poses=_THERE, key="steady"),
        Step("turn_left", poses=(Pose(turn=0.9),), key="turn_left"),
        Step("turn_right", poses=(Pose(turn=-0.9),), key="turn_right"),
        Step("blink", poses=_THERE, key="blink"),
        Step("processing", poses=_THERE, key="processing"),
        Step("two_faces", poses=two, key="two_faces"),
        Step("dark", poses=(Pose(light=0.3),), key="dark"),
    ]


def _troubles() -> list[Step]:
    wrong_clock = _CHIPS.model_copy(update={"clock": False})
    careless = _CHIPS.model_copy(update={"careful": False, "place": "site"})
    return [
        Step("offline", chips=_OFFLINE),
        Step("clock", Line("clock"), "warning", wrong_clock),
        Step("storage_low", Line("storage_low"), "warning", _FULL),
        Step("storage", Line("storage"), "warning", _FULL),
        Step("camera_lost", Line("camera_lost"), "warning", lost=True),
        Step("maint", Line("maint"), "warning"),
        Step("careless", chips=careless),
    ]


def _enrolments() -> list[Step]:
    look = Enrolment(name=NAME, phase="look", poses=RING, taken=2)
    alike = Enrolment(name=NAME, phase="alike", poses=RING, taken=len(RING))
    return [
        Step("enrol", poses=(Pose(turn=-0.4),), enrolment=look),
        Step("enrol_alike", poses=_THERE, enrolment=alike),
        Step("enrol_done", poses=_THERE, enrolment=alike.model_copy(update={"phase": "done"})),
    ]


def guide_of(step: Step, share: float, words: Words) -> Guide:
    """What the page is told of the face while `share`, 0 to 1, of the step has passed."""
    if not step.poses:
        return Guide()
    box = step.poses[0].box()
    if step.key == "":
        return Guide(box=box)
    return Guide(
        box=box,
        key=step.key,
        hint=words.say(Line(step.key)),
        asked=next((asked for asked in _ASKED if asked == step.key), None),
        progress=round(min(1.0, share), 2) if step.key in _MEASURED else 0.0,
    )
