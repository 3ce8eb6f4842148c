"""Shots of later visits: which visits may give one, and what they can never do to a template."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
import pytest

from kiosk.people import EnrolledPerson, enrolled_gallery
from kiosk.people.later_shots import MOST_LATER, LaterShot, kept_up, may_add
from models.calibration import Acceptance
from models.gallery import Identity, Vector, unit
from tests.kiosk.samples import MATCH_POLICY, face

ENROLLED_ON = date(2026, 1, 5)
ACCEPTANCE = Acceptance(threshold=0.604, margin=0.028, wide_margin=0.087, fmr=3e-5)
"""The limits of the embedder 0095 with its companion, among 100 people."""

CERTAIN = 0.70
SITI = Identity("siti", 0.75, 0.3, "budi")
AXIS = np.eye(448, dtype=np.float32)


def day(number: int) -> date:
    return ENROLLED_ON + timedelta(days=number)


def shot(number: int, vector: Vector = AXIS[0], score: float = 0.8) -> LaterShot:
    return LaterShot(vector, day(number), score)


@pytest.mark.parametrize(
    ("found", "score", "on", "later", "may"),
    [
        (SITI, CERTAIN, 1, [], True),
        (replace(SITI, margin=None, runner_up=None), CERTAIN, 1, [], True),
        (SITI, 0.69, 1, [], False),
        (replace(SITI, margin=0.08), CERTAIN, 1, [], False),
        (SITI, CERTAIN, 0, [], False),
        (SITI, CERTAIN, -1, [], False),
        (SITI, CERTAIN, 3, [shot(1), shot(3)], False),
        (SITI, CERTAIN, 2, [shot(1), shot(3)], True),
        (SITI, CERTAIN, 11, [shot(number) for number in range(1, 6)], False),
        (SITI, CERTAIN, 12, [shot(number) for number in range(1, 6)], True),
    ],
    ids=[
        "well above the threshold, on the next day",
        "nobody else is enrolled",
        "above the threshold, but not by the wide margin",
        "the next person is too near",
        "the day of the enrolment",
        "before the enrolment: the clock was set back",
        "a day that has a shot",
        "a day between",
        "five shots, the newest of this week",
        "five shots, a week later",
    ],
)
def test_which_visit_may_give_a_shot(
    found: Identity, score: float, on: int, later: list[LaterShot], *, may: bool
) -> None:
    assert may_add(found, score, day(on), ENROLLED_ON, later, ACCEPTANCE) is may


def test_later_shots_make_half_of_the_template_and_one_that_does_not_match_counts_for_nothing() -> None:
    near, far = unit(AXIS[0] + AXIS[1] / 2), unit(AXIS[0] + 2 * AXIS[2])
    assert np.allclose(kept_up(AXIS[0], [shot(1, near), shot(2, far)], 0.604), unit(AXIS[0] + near))
    assert np.array_equal(kept_up(AXIS[0], [shot(2, far)], 0.604), AXIS[0])
    assert np.array_equal(kept_up(AXIS[0], [], 0.604), AXIS[0])


def test_the_gallery_is_made_of_both_and_knows_the_enrolment_alone() -> None:
    later = LaterShot(unit(face(0) + 0.5 * face(1)), day(1), 0.9)
    known = EnrolledPerson("Siti", (face(0, noise=0), face(0, noise=0)), later=(later,), enrolled_on=ENROLLED_ON)
    gallery = enrolled_gallery({"siti": known}, MATCH_POLICY)
    own = gallery.enrolments["siti"]
    assert np.allclose(own.template, face(0, noise=0))
    assert (own.on, own.later) == (ENROLLED_ON, (later,))
    assert gallery.identify(later.vector).nearest.score > float(own.template @ later.vector)


def at(cosine: float, base: Vector, random: np.random.Generator) -> Vector:
    """A random unit vector with this cosine to `base`."""
    other = random.normal(size=len(base)).astype(np.float32)
    other = unit(other - float(other @ base) * base)
    return unit(np.float32(cosine) * base + np.float32(np.sqrt(1 - cosine**2)) * other)


@dataclass
class Person:
    """Somebody who comes every day. Their visits have a cosine of `near` with the enrolment on average, spread by 0.04,
    and of 0.75 with each other, as visits of people before a webcam have on different days."""

    near: float
    enrolled: Vector
    seed: int
    face: Vector = field(init=False)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)
        self.face = at(self.near / np.sqrt(0.75), self.enrolled, self.random)

    def visit(self) -> Vector:
        return at(float(np.clip(self.random.normal(np.sqrt(0.75), 0.05), 0, 1)), self.face, self.random)


class Kiosk:
    """One person's template, which takes in shots, or does not."""

    def __init__(self, enrolled: Vector, *, keeps_up: bool = True) -> None:
        self.later: list[LaterShot] = []
        self._enrolled = enrolled
        self._keeps_up = keeps_up

    def accepts(self, probe: Vector, on: date) -> bool:
        reached = float(kept_up(self._enrolled, self.later, ACCEPTANCE.threshold) @ probe)
        if reached < ACCEPTANCE.threshold:
            return False
        found, score = Identity("siti", reached, None), float(self._enrolled @ probe)
        if self._keeps_up and may_add(found, score, on, ENROLLED_ON, self.later, ACCEPTANCE):
            self.later = [*self.later, LaterShot(probe, on, score)][-MOST_LATER:]
        return True


DAYS = [day(number) for number in range(1, 201)]


@pytest.mark.parametrize("near", [0.45, 0.50, 0.55, 0.58])
@pytest.mark.parametrize("seed", range(5))
def test_an_impostor_who_comes_close_every_day_does_not_creep_in(near: float, seed: int) -> None:
    kiosk, unchanging = Kiosk(AXIS[0]), Kiosk(AXIS[0], keeps_up=False)
    impostor = Person(near, AXIS[0], seed)
    visits = [(impostor.visit(), on) for on in DAYS]
    assert [kiosk.accepts(*visit) for visit in visits] == [unchanging.accepts(*visit) for visit in visits]
    assert kiosk.later == []


@pytest.mark.parametrize("seed", range(3))
def test_beside_the_person_themselves_an_impostor_comes_in_less_often_than_without(seed: int) -> None:
    kiosk, unchanging = Kiosk(AXIS[0]), Kiosk(AXIS[0], keeps_up=False)
    person, impostor = Person(0.76, AXIS[0], seed), Person(0.58, AXIS[0], seed + 50)
    own = other = otherwise = 0
    for on in DAYS:
        own += kiosk.accepts(person.visit(), on)
        probe = impostor.visit()
        other += kiosk.accepts(probe, on)
        otherwise += unchanging.accepts(probe, on)
    assert own == len(DAYS)
    assert other < otherwise / 2
    assert all(float(shot.vector @ person.face) > float(shot.vector @ impostor.face) for shot in kiosk.later)


def test_a_face_that_turns_into_another_a_little_every_day_does_not_take_the_template_along() -> None:
    kiosk = Kiosk(AXIS[0])
    angles = np.linspace(0, np.pi / 2, len(DAYS))
    visits = [np.cos(angle) * AXIS[0] + np.sin(angle) * AXIS[1] for angle in angles]
    accepted = [kiosk.accepts(np.asarray(visit, np.float32), on) for visit, on in zip(visits, DAYS, strict=True)]
    assert accepted[0]
    assert not any(accepted[180:])
    assert all(float(AXIS[0] @ shot.vector) >= ACCEPTANCE.threshold + ACCEPTANCE.wide_margin for shot in kiosk.later)
