"""What the vision thread says while people come, go and change places."""

import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import numpy as np
import pytest

from camera import Camera, CameraTimeout, Frame
from camera.frame import Closing
from kiosk.app import vision
from kiosk.app.capture import Capture
from kiosk.app.vision import Vision
from kiosk.people import EnrolledGallery
from kiosk.recognition import liveness
from kiosk.recognition.gallery_cache import GalleryCache
from kiosk.recognition.liveness import FAILURES, PAUSE_S, LivenessSession
from kiosk.recognition.observation import AnalysisDepth, Observation
from kiosk.recognition.pipeline import FacePipeline, FrameAnalysis
from kiosk.recognition.recognition import CameraRelay, Recognition
from kiosk.recognition.vision_jobs import VisionJobs
from kiosk.recognition.visit import VisitLimits
from kiosk.runtime.mailbox import Latest
from kiosk.screen import Guide
from models.face import Box
from models.liveness.finding import Suspicion
from tests.kiosk.counter.bench import GALLERY, PEOPLE, Bench
from tests.kiosk.policies import local, policy
from tests.kiosk.reading import words
from tests.kiosk.samples import found, nothing_to_ask, off, seen, turn_left
from tests.waiting import LIMIT_S, wait_for

IMAGE = np.zeros((480, 640, 3), np.uint8)
HERE = Box(200, 100, 360, 300)
FRAME_S = 0.05


class Seer:
    """Sees whoever the test has put before the camera."""

    def __init__(self) -> None:
        self.there: str | None = None

    def look(self, _image: object, at_s: float, wanted: AnalysisDepth = AnalysisDepth.PROBE) -> FrameAnalysis:
        if self.there is None:
            return FrameAnalysis(Observation(at_s))
        probe = PEOPLE[self.there] if wanted is AnalysisDepth.PROBE else None
        return FrameAnalysis(Observation(at_s, HERE, probe, weight=1.0, sample=seen(at_s, probe)))

    def best_rotation(self, _image: object) -> None:
        pass

    def forget(self) -> None:
        pass

    def __enter__(self) -> "Seer":
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Keeper:
    """A gallery cache whose gallery the test sets."""

    def __init__(self) -> None:
        self.worked = 0
        self.gallery = GALLERY

    def renew(self, *_: object) -> None:
        pass

    def work(self, _: object) -> None:
        self.worked += 1

    def current(self) -> object:
        return self.gallery


class Sitter:
    """A session that shows a hint in each frame."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    def see(self, _pipeline: object, frame: Frame | None) -> bool:
        if frame is not None:
            self.bench.screen.look(Guide(key="hold", hint="hold"))
        return True

    def stop(self) -> None:
        pass


class Unplugged(Closing):
    """A camera that is lost after its frames."""

    realtime = True

    def __init__(self, frames: list[Frame]) -> None:
        self.frames = frames

    def read(self) -> Frame | None:
        if self.frames:
            return self.frames.pop(0)
        threading.Event().wait(0.01)
        raise CameraTimeout("no picture")

    def close(self) -> None:
        pass


class Spot:
    """The vision thread before a place where people stand, and the real counter behind it."""

    def __init__(self, bench: Bench, proving: Callable[[], LivenessSession] = off) -> None:
        self.frames: Latest[Frame] = Latest()
        self.seer = Seer()
        self.number = 0
        self.looked = threading.Event()
        self.keeper, self.jobs = Keeper(), VisionJobs()
        self.recognition: Recognition | None = None
        limits = VisitLimits(same_person=0.86)

        self.vision = Vision(
            self.frames,
            lambda: cast(FacePipeline, self.seer),
            lambda pipeline, gallery: self.recognising(Recognition(pipeline, gallery, limits, 100.0, proving)),
            gallery_cache=cast(GalleryCache, self.keeper),
            dialogue=bench.dialogue,
            screen=bench.screen,
            relay=CameraRelay(cast(Camera, object())),
            jobs=self.jobs,
        )

    def recognising(self, made: Recognition) -> Recognition:
        self.recognition = made
        return made

    def shows(self, person: str | None, frames: int) -> None:
        """Somebody, or nobody, is before the camera for so many frames, each of which is looked at."""
        self.seer.there = person
        for _ in range(frames):
            self.number += 1
            self.frames.put(Frame(IMAGE, self.number * FRAME_S, self.number))
            self.looked.clear()
            assert self.looked.wait(LIMIT_S)

    def shows_until(self, person: str | None, condition: Callable[[], bool]) -> None:
        """Somebody, or nobody, is before the camera until the condition holds after a frame."""

        def shown() -> bool:
            self.shows(person, 1)
            return condition()

        wait_for(shown, every_s=0)

    def beat(self) -> None:
        """Signals that the newest frame was looked at: the vision thread is between two frames."""
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
    spot.shows_until("siti", lambda: bench.screen.state.banner.key == "inactive")
    spot.shows_until("siti", lambda: bench.screen.guide == Guide())


def test_as_long_as_nobody_is_looked_at_the_screen_says_to_wait(bench: Bench) -> None:
    spot = Spot(bench, lambda: LivenessSession("passive", lambda _: found(life=Suspicion.LIFELESS), nothing_to_ask))
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


def test_a_camera_that_is_lost_while_somebody_stands_there_keeps_nobody_from_being_enrolled(spot: Spot) -> None:
    spot.shows("siti", 3)
    before = spot.keeper.worked
    wait_for(lambda: spot.keeper.worked > before)
    assert spot.recognition is not None
    assert (spot.recognition.analysis, spot.recognition.best) == (None, None), "who was there may have left"


def test_whom_a_lost_camera_interrupts_is_accused_of_nothing(bench: Bench) -> None:
    spot = Spot(bench, lambda: LivenessSession("strict", lambda _: found(life=None), turn_left))
    with spot.watched():
        spot.shows_until("siti", lambda: bench.screen.guide.asked == "turn_left")
        wait_for(lambda: bench.screen.guide == Guide())
        spot.shows(None, 40)
        assert bench.entries() == []
        spot.shows_until("siti", lambda: bench.screen.guide.asked == "turn_left")


def test_a_rest_ends_although_no_picture_comes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "PAUSE_S", 3.0)
    spot = Spot(bench, lambda: LivenessSession("passive", lambda _: found(life=Suspicion.LIFELESS), nothing_to_ask))
    with spot.watched():
        for _ in range(FAILURES):
            spot.shows("siti", 45)
            spot.shows(None, 20)
        assert bench.screen.state.banner.title == words("paused")
        wait_for(lambda: bench.screen.state.banner.title == words("idle"))


def test_a_face_that_never_leaves_freezes_no_roll(spot: Spot, monkeypatch: pytest.MonkeyPatch) -> None:
    """A poster, or a portrait on the wall behind."""
    monkeypatch.setattr(vision, "_BUSY_S", 0.0)
    spot.shows("siti", 12)
    before, spot.keeper.gallery = (
        spot.keeper.worked,
        EnrolledGallery(GALLERY.templates, {}, {}, GALLERY.acceptance, frozenset(), {}, ()),
    )
    spot.shows("siti", 3)
    assert spot.recognition is not None
    assert spot.recognition.gallery is spot.keeper.gallery
    assert spot.keeper.worked > before


def test_a_sitting_keeps_neither_a_hint_without_pictures_nor_who_stood_there_before(bench: Bench, spot: Spot) -> None:
    spot.shows("siti", 12)
    spot.jobs.begin(Sitter(bench))
    spot.shows_until("siti", lambda: bench.screen.guide.key == "hold")
    assert spot.recognition is not None
    assert (spot.recognition.analysis, spot.recognition.best) == (None, None)
    wait_for(lambda: bench.screen.guide == Guide())


def test_nobody_keeps_the_last_picture_of_a_camera_that_is_lost(bench: Bench) -> None:
    mailboxes: list[Latest[Frame]] = [Latest(), Latest()]
    image = np.zeros((480, 640, 3), np.uint8)
    kept = weakref.ref(image)
    capture = Capture(Unplugged([Frame(image, 0.0, 0)]), "camera", mailboxes, bench.event_log, bench.screen)
    del image
    stop = threading.Event()
    thread = threading.Thread(target=capture.run, args=(stop, lambda: None))
    thread.start()
    try:
        wait_for(lambda: bench.events("camera_lost"))
        wait_for(lambda: kept() is None)
        assert [mailbox.get() for mailbox in mailboxes] == [None, None]
    finally:
        stop.set()
        thread.join()
