"""What the tour shows: every state of the screen, by name, in the order in which a visitor understands them."""

from dataclasses import dataclass
from typing import Final, Literal

from kiosk.demo.tour.figure import Pose
from kiosk.screen import Card, Chips, Choice, Line, Tone, Words
from kiosk.screen.state import Enrolment, Guide

NAME: Final = "Ibu Siti"
RING: Final[tuple[Literal["ahead", "left", "right", "up", "down"], ...]] = ("ahead", "left", "right", "up", "down")
"""The poses of an enrolment."""

_AT: Final = "07.28 WITA"
_THERE: Final = (Pose(),)


@dataclass(frozen=True, slots=True)
class Step:
    """One state. `poses` stand before the camera, the first is guided by `key`; what is asked runs its course."""

    name: str
    banner: Line
    tone: Tone
    chips: Chips
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
        return (
            *self._guided(),
            *self._recorded(),
            *self._refused(),
            *self._stages(),
            *self._troubles(),
            *self._enrol(),
        )

    def _guided(self) -> list[Step]:
        far, left, right = Pose(size=0.24), Pose(turn=0.9), Pose(turn=-0.9)
        return [
            self._step("starting", banner="starting"),
            self._step("idle"),
            self._step("look", poses=_THERE, key="no_landmarks"),
            self._step("too_far", poses=(far,), key="too_far"),
            self._step("out_of_picture", poses=(Pose(x=0.24),), key="out_of_picture"),
            self._step("steady", poses=_THERE, key="steady"),
            self._step("turn_left", poses=(left,), key="turn_left"),
            self._step("turn_right", poses=(right,), key="turn_right"),
            self._step("blink", poses=_THERE, key="blink"),
            self._step("processing", poses=_THERE, key="processing"),
            self._step("two_faces", poses=(Pose(x=0.32), Pose(x=0.68)), key="two_faces"),
            self._step("dark", poses=(Pose(light=0.3),), key="dark"),
        ]

    def _recorded(self) -> list[Step]:
        undo = (Choice(name="not_me", label=self._say("not_me")),)
        offline = {"online": False, "waiting": 12}
        done = {"receipt": "7KQ-4MX", "choices": undo, "choose_s": 5.0}
        trial = (self._say("trial"),)
        long = self._hello("Bapak Muhammad Syaifullah Al Banjari")
        kept = (self._say("offline"),)
        return [
            self._step("recorded", poses=_THERE, card=self._card("ok", "in_ok", **done)),
            self._step("long_name", poses=_THERE, card=self._card("ok", "in_ok", title=long, notes=trial, **done)),
            self._step("recorded_offline", poses=_THERE, card=self._card("ok", "in_ok", notes=kept, **done), **offline),
            self._step("leaving", poses=_THERE, card=self._card("ok", "out_ok", **done)),
            self._step("repeat", poses=_THERE, card=self._card("repeat", "in_repeat")),
            self._step("out_early", poses=_THERE, card=self._question("out_early", time="16.00 WITA")),
            self._step("confirm", poses=_THERE, card=self._question("confirm", name=NAME)),
        ]

    def _refused(self) -> list[Step]:
        refused = ["unknown", "unknown3", "not_unit", "spoof", "challenge_failed", "paused", "covered"]
        closed = ["holiday", "closed"]
        shown = [(key, "refused") for key in refused] + [(key, "warning") for key in closed]
        return [self._step(key, poses=_THERE, card=self._bare(tone, key)) for key, tone in shown]

    def _stages(self) -> list[Step]:
        done = {"receipt": "7KQ-4MX", "choices": (Choice(name="not_me", label=self._say("not_me")),), "choose_s": 5.0}
        trial = (self._say("trial"),)
        return [
            self._step("inactive", banner="inactive", stage="inactive"),
            self._step("socialisation", stage="socialisation"),
            self._step("practice", poses=_THERE, card=self._card("practice", "practice"), stage="socialisation"),
            self._step("trial", stage="trial"),
            self._step(
                "trial_recorded", poses=_THERE, card=self._card("ok", "in_ok", notes=trial, **done), stage="trial"
            ),
        ]

    def _troubles(self) -> list[Step]:
        return [
            self._step("offline", online=False, waiting=12),
            self._step("clock", banner="clock", tone="warning", clock=False),
            self._step("storage_low", banner="storage_low", tone="warning", room=False),
            self._step("storage", banner="storage", tone="warning", room=False),
            self._step("camera_lost", banner="camera_lost", tone="warning", lost=True),
            self._step("maint", banner="maint", tone="warning"),
            self._step("careless", careful=False, place="site"),
        ]

    def _enrol(self) -> list[Step]:
        look = Enrolment(name=NAME, phase="look", poses=RING, taken=2)
        alike = look.model_copy(update={"phase": "alike", "taken": len(RING)})
        done = alike.model_copy(update={"phase": "done"})
        return [
            self._step("enrol", poses=(Pose(turn=0.4),), enrolment=look),
            self._step("enrol_alike", poses=_THERE, enrolment=alike),
            self._step("enrol_done", poses=_THERE, enrolment=done),
        ]

    def _step(
        self,
        name: str,
        *,
        banner: str = "idle",
        tone: Tone = "plain",
        poses: tuple[Pose, ...] = (),
        key: str = "",
        card: Card | None = None,
        enrolment: Enrolment | None = None,
        lost: bool = False,
        **chips: object,
    ) -> Step:
        known = {"at": "2026-01-05T07:28:00+08:00", "zone": "WITA", "stage": "active", "place": "gnss"}
        defaults = {**known, "online": True, "waiting": 0, "clock": True}
        found = Chips.model_validate({**defaults, **chips})
        return Step(name, Line(banner), tone, found, poses, key, card, enrolment, lost)

    def _card(self, tone: Tone, key: str, title: str = "", **more: object) -> Card:
        text = self._say(key, time=_AT)
        fields = {"id": key, "tone": tone, "title": title or self._hello(NAME), "text": text, **more}
        return Card.model_validate({**fields, "voice": key})

    def _bare(self, tone: str, key: str) -> Card:
        line = Line(key)
        return Card.model_validate(
            {"id": key, "tone": tone, "title": self._words.say(line), "text": self._words.help(line), "voice": key}
        )

    def _question(self, key: str, **values: str) -> Card:
        choices = (Choice(name="yes", label=self._say("yes")), Choice(name="no", label=self._say("no")))
        return Card(id=key, tone="plain", title=self._say(key, **values), choices=choices, choose_s=10.0, lasts_s=10.0)

    def _hello(self, name: str) -> str:
        return self._say("hello", greeting=self._say("greeting_morning"), name=name)

    def _say(self, key: str, **values: str) -> str:
        return self._words.say(Line(key, **values))


def guide_of(step: Step, share: float, words: Words) -> Guide:
    """What the page is told of the face while `share`, 0 to 1, of the step has passed."""
    if not step.poses:
        return Guide()
    box = step.poses[0].box()
    if step.key == "":
        return Guide(box=box)
    asked = step.key if step.key in ("turn_left", "turn_right", "blink") else None
    measured = asked is not None or step.key in ("steady", "processing")
    progress = round(min(1.0, share), 2) if measured else 0.0
    hint = words.say(Line(step.key))
    return Guide.model_validate({"box": box, "key": step.key, "hint": hint, "asked": asked, "progress": progress})
