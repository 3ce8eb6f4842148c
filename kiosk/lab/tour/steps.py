"""The steps of the tour: every state of the screen by name, in an order that explains the kiosk to a visitor."""

from dataclasses import dataclass
from typing import Final, Literal

from kiosk.lab.tour.figure import FigurePose
from kiosk.screen import Card, Chips, Choice, Guide, Phrase, Tone, Words
from kiosk.screen.state import Enrolment

RING: Final[tuple[Literal["ahead", "left", "right", "up", "down"], ...]] = ("ahead", "left", "right", "up", "down")
"""The poses of an enrolment, in their order."""

NAME: Final = "Ibu Siti"
_LONG_NAME: Final = "Bapak Muhammad Syaifullah Al Banjari"
_AT: Final = "07.28 WITA"
_THERE: Final = (FigurePose(),)

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
class TourStep:
    """One state of the screen.

    `poses` are the figures before the camera. `key` is the guidance for the first of them; its progress runs from 0 to
    1 over the step.
    """

    name: str
    banner: Phrase = Phrase("idle")  # noqa: RUF009 (a Phrase is immutable)
    tone: Tone = "plain"
    chips: Chips = _CHIPS
    poses: tuple[FigurePose, ...] = ()
    key: str = ""
    card: Card | None = None
    enrolment: Enrolment | None = None
    lost: bool = False
    """Whether the camera gives no picture."""


class TourScript:
    """The steps of the tour in one language."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def steps(self) -> tuple[TourStep, ...]:
        """All steps in their order."""
        met = [*_guided(), *self._recorded(), *self._asked(), *self._refused()]
        return (*met, *self._stages(), *_troubles(), *_enrolments())

    def _recorded(self) -> list[TourStep]:
        long, kept = self._done("in_ok", "trial", name=_LONG_NAME), self._done("in_ok", "offline")
        return [
            TourStep("recorded", poses=_THERE, card=self._done("in_ok")),
            TourStep("long_name", poses=_THERE, card=long, chips=_TRIAL),
            TourStep("recorded_offline", poses=_THERE, card=kept, chips=_OFFLINE),
            TourStep("leaving", poses=_THERE, card=self._done("out_ok")),
            TourStep("repeat", poses=_THERE, card=self._named("repeat", "in_repeat")),
        ]

    def _asked(self) -> list[TourStep]:
        early = self._named("warning", "out_early", time="16.00 WITA")
        who = Card(id="confirm", tone="plain", title=self._say("confirm", name=NAME))
        return [
            TourStep("out_early", poses=_THERE, card=self._question(early, "early_yes", "early_no")),
            TourStep("confirm", poses=_THERE, card=self._question(who, "yes", "no")),
        ]

    def _refused(self) -> list[TourStep]:
        refused = ("unknown", "unknown3", "not_unit", "spoof", "challenge_failed", "paused", "covered")
        shown: list[tuple[str, Tone]] = [(key, "refused") for key in refused]
        shown += [("holiday", "warning"), ("closed", "warning")]
        return [
            TourStep(key, poses=_THERE, card=Card(id=key, tone=tone, title=self._say(key), voice=key))
            for key, tone in shown
        ]

    def _stages(self) -> list[TourStep]:
        inactive = _CHIPS.model_copy(update={"stage": "inactive"})
        return [
            TourStep("inactive", Phrase("inactive"), chips=inactive),
            TourStep("socialisation", chips=_PRACTICE),
            TourStep("practice", poses=_THERE, card=self._named("practice", "practice"), chips=_PRACTICE),
            TourStep("trial", chips=_TRIAL),
            TourStep("trial_recorded", poses=_THERE, card=self._done("in_ok", "trial"), chips=_TRIAL),
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
        return self._words.say(Phrase(key, **values))


def _guided() -> list[TourStep]:
    far, aside, two = (FigurePose(size=0.24),), (FigurePose(x=0.24),), (FigurePose(x=0.32), FigurePose(x=0.68))
    return [
        TourStep("starting", Phrase("starting")),
        TourStep("idle"),
        TourStep("look", poses=_THERE, key="no_landmarks"),
        TourStep("too_far", poses=far, key="too_far"),
        TourStep("out_of_picture", poses=aside, key="out_of_picture"),
        TourStep("steady", poses=_THERE, key="steady"),
        TourStep("turn_left", poses=(FigurePose(turn=0.9),), key="turn_left"),
        TourStep("turn_right", poses=(FigurePose(turn=-0.9),), key="turn_right"),
        TourStep("blink", poses=_THERE, key="blink"),
        TourStep("processing", poses=_THERE, key="processing"),
        TourStep("two_faces", poses=two, key="two_faces"),
        TourStep("dark", poses=(FigurePose(light=0.3),), key="dark"),
    ]


def _troubles() -> list[TourStep]:
    wrong_clock = _CHIPS.model_copy(update={"clock": False})
    careless = _CHIPS.model_copy(update={"careful": False, "place": "site"})
    return [
        TourStep("offline", chips=_OFFLINE),
        TourStep("clock", Phrase("clock"), "warning", wrong_clock),
        TourStep("storage_low", Phrase("storage_low"), "warning", _FULL),
        TourStep("storage", Phrase("storage"), "warning", _FULL),
        TourStep("camera_lost", Phrase("camera_lost"), "warning", lost=True),
        TourStep("maint", Phrase("maint"), "warning"),
        TourStep("careless", chips=careless),
    ]


def _enrolments() -> list[TourStep]:
    look = Enrolment(name=NAME, phase="look", poses=RING, taken=2)
    alike = Enrolment(name=NAME, phase="alike", poses=RING, taken=len(RING))
    return [
        TourStep("enrol", poses=(FigurePose(turn=-0.4),), enrolment=look),
        TourStep("enrol_alike", poses=_THERE, enrolment=alike),
        TourStep("enrol_done", poses=_THERE, enrolment=alike.model_copy(update={"phase": "done"})),
    ]


def guide_of(step: TourStep, share: float, words: Words) -> Guide:
    """The guide that the page gets when `share`, 0 to 1, of the step's time has passed."""
    if not step.poses:
        return Guide()
    box = step.poses[0].box()
    if step.key == "":
        return Guide(box=box)
    return Guide(
        box=box,
        key=step.key,
        hint=words.say(Phrase(step.key)),
        asked=next((asked for asked in _ASKED if asked == step.key), None),
        progress=round(min(1.0, share), 2) if step.key in _MEASURED else 0.0,
    )
