"""What the vision thread says while people come, go and change places."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import numpy as np
import pytest

from camera import Camera, Frame
from kiosk.people.keeper import RollKeeper
from kiosk.plumbing.latest import Latest
from kiosk.rules.liveness import FAILURES, PAUSE_S
from kiosk.rules.proving import Proving
from kiosk.rules.sight import Sight, Wanted
from kiosk.rules.visit import VisitLimits
from kiosk.screen import Guide
from kiosk.sight.errands import Errands
from kiosk.sight.look import Looker, View
from kiosk.sight.recognition import Recognition
from kiosk.sight.telling import Teller
from kiosk.sight.vision import Vision
from models.face import Box
from models.liveness.finding import Suspicion
from tests.kiosk.counter.bench import PEOPLE, ROLL, Bench
from tests.kiosk.glimpses import found, nothing_to_ask, off, seen
from tests.kiosk.policies import local, policy
from tests.kiosk.reading import words
from tests.waiting import LIMIT_S, wait_for

IMAGE = np.zeros((480, 640, 3), np.uint8)
HERE = Box(200, 100, 360, 300)
FRAME_S = 0.05


class Seer:
    """Sees whoever the test has put before the camera."""

    def __init__(self) -> None:
        self.there: str | None = None

    def look(self, _image: object, at_s: float, wanted: Wanted = Wanted.PROBE) -> View:
        if self.there is None:
            return View(Sight(at_s))
        probe = PEOPLE[self.there] if wanted is Wanted.PROBE else None
        return View(Sight(at_s, HERE, probe, weight=1.0, glimpse=seen(at_s, probe)))

    def __enter__(self) -> "Seer":
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Keeper:
    """The roll does not change."""

    def renew(self, *_: object) -> None:
        pass

    def work(self, _: object) -> None:
        pass

    def current(self) -> object:
        return ROLL


class Spot:
    """The vision thread before a place where people stand, and the real counter behind it."""

    def __init__(self, bench: Bench, proving: Callable[[], Proving] = off) -> None:
        self.frames: Latest[Frame] = Latest()
        self.seer = Seer()
        self.number = 0
        self.looked = threading.Event()
        limits = VisitLimits(same_person=0.86)

        self.vision = Vision(
            self.frames,
            lambda: cast(Looker, self.seer),
            lambda looker, roll: Recognition(looker, roll, limits, 100.0, proving),
            keeper=cast(RollKeeper, Keeper()),
            dialogue=bench.dialogue,
            screen=bench.screen,
            teller=Teller(cast(Camera, object())),
            errands=Errands(),
        )

    def shows(self, person: str | None, frames: int) -> None:
        """Somebody, or nobody, is before the camera for so many frames, each of which is looked at."""
        self.seer.there = person
        for _ in range(frames):
            self.number += 1
            self.frames.put(Frame(IMAGE, self.number * FRAME_S, self.number))
            self.looked.clear()
            assert self.looked.wait(LIMIT_S)

    def beat(self) -> None:
        """The vision thread is between two frames."""
        if not self.frames._fresh:
            self.looked.set()

    @contextmanager
    def watched(self) -> Iterator[None]:
        stop = threading.Event()
        thread = threading.Thread(target=self.vision.run, args=(stop, self.beat))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            self.frames.close()
            thread.join()


@pytest.fixture
def spot(bench: Bench) -> Iterator[Spot]:
    found = Spot(bench)
    with found.watched():
        yield found


def test_the_next_in_the_queue_gets_no_button_of_the_one_before(bench: Bench, spot: Spot) -> None:
    spot.shows("siti", 12)
    wait_for(lambda: bench.screen.state.card is not None)
    card = bench.card
    assert card.choices
    spot.shows(None, 20)
    assert bench.card.choices, "she may come back and object"
    spot.shows("siti", 3)
    assert bench.card.choices, "she came back"
    spot.shows(None, 20)
    spot.shows("budi", 3)
    wait_for(lambda: not bench.card.choices)
    assert bench.counter.answer(card.id, "not_me").status == 409
    spot.shows("budi", 12)
    wait_for(lambda: "Budi" in bench.card.title)
    assert bench.card.choices
    assert [record.body.person for record in bench.records()] == ["siti", "budi"]


def test_who_takes_the_place_at_once_is_not_taken_for_who_was_there(bench: Bench, spot: Spot) -> None:
    spot.shows("siti", 12)
    wait_for(lambda: bench.screen.state.card is not None)
    card = bench.card
    spot.shows(None, 3)
    spot.shows("budi", 3)
    wait_for(lambda: bench.screen.state.card is None or not bench.card.choices)
    assert bench.counter.answer(card.id, "not_me").status == 409
    spot.shows("budi", 12)
    wait_for(lambda: "Budi" in bench.card.title)
    assert [record.body.person for record in bench.records()] == ["siti", "budi"]


def test_no_hint_stays_when_no_picture_comes_any_more(bench: Bench, spot: Spot) -> None:
    spot.shows("siti", 3)
    wait_for(lambda: bench.screen.guide.key != "")
    wait_for(lambda: bench.screen.guide == Guide())


def test_no_hint_stays_when_the_stage_ends_while_somebody_stands_there(bench: Bench, spot: Spot) -> None:
    spot.shows("siti", 3)
    bench.policy = policy((local("2026-01-01T00:00:00"), "inactive"))
    wait_for(lambda: bench.screen.state.banner.key == "inactive" or spot.shows("siti", 1) is not None)
    wait_for(lambda: spot.shows("siti", 1) is None and bench.screen.guide == Guide())


def test_as_long_as_nobody_is_looked_at_the_screen_says_to_wait(bench: Bench) -> None:
    spot = Spot(bench, lambda: Proving("passive", lambda _: found(life=Suspicion.LIFELESS), nothing_to_ask))
    with spot.watched():
        for _ in range(FAILURES):
            spot.shows("siti", 45)
            spot.shows(None, 20)
        bench.later(seconds=10)
        bench.screen.tick()
        assert bench.screen.state.card is None
        assert bench.screen.state.banner.title == words("paused"), "nobody may stand there in vain"
        assert bench.screen.guide == Guide()
        spot.number += round(PAUSE_S / FRAME_S)
        spot.shows(None, 1)
        wait_for(lambda: bench.screen.state.banner.title == words("idle"))
