"""Shots of visits on their way into a template: which visits give one, when, and who can prevent it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from kiosk.attendance.registrar import VisitResult
from kiosk.enrolment.later_shots import LaterShots
from kiosk.people import Details, EnrolledGallery, Shot, stored_gallery
from kiosk.recognition.liveness import LivenessResult
from kiosk.recognition.outcome import VisitOutcome
from models.gallery import Vector
from models.liveness.finding import Suspicion
from sync.contract import RecordEntry, Removed, RemovedDetail
from tests.kiosk.counter.bench import Bench
from tests.kiosk.samples import MATCH_POLICY, face, found

PASSED = LivenessResult("adaptive", tuple(found(surroundings=None)))


class Office:
    """A bench where Siti is enrolled, and what takes her later shots."""

    def __init__(self, folder: Path) -> None:
        self.bench = Bench(folder)
        self.bench.start()
        self.bench.at("2026-01-05T09:00:00")
        self.enrol("siti", 0)
        self.enrol("budi", 5)
        self.allowed = True
        self.later = LaterShots(
            self.bench.people,
            self.bench.ledger,
            self.bench.event_log,
            lambda: self.allowed,
            self.bench.machine.monotonic,
        )
        self.bench.at("2026-01-06T07:20:00")

    def enrol(self, person: str, axis: int) -> None:
        """Today."""
        shots = [Shot(face(axis, seed=number), None) for number in range(3)]
        self.bench.people.put(person, Details(name=person), "m", shots, self.bench.clock.moment().at)

    @property
    def gallery(self) -> EnrolledGallery:
        return stored_gallery(self.bench.people, MATCH_POLICY)

    def comes(
        self, probe: Vector, proof: LivenessResult = PASSED, gallery: EnrolledGallery | None = None
    ) -> VisitResult:
        """Somebody is identified and recorded."""
        matched = gallery or self.gallery
        nearest = matched.identify(probe).nearest
        visit = VisitOutcome("identified", 1.0, 1.0, 0.2, 5, nearest, "accepted", proof=proof, probe=probe)
        result = self.bench.registrar.register(visit, matched)
        self.later.offer(result, matched)
        return result

    def settles(self) -> bool:
        """A minute later."""
        self.bench.later(seconds=61)
        return self.later.step("m")

    @property
    def days(self) -> list[str]:
        return [day.isoformat() for day, _ in self.bench.people.later_days().get("siti", [])]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.bench.stop()


def test_a_certain_visit_of_another_day_gives_a_shot_and_an_event_says_so(office: Office) -> None:
    office.comes(face(0, seed=9))
    assert not office.later.step("m"), "not while it can be taken back"
    assert office.settles()
    assert office.days == ["2026-01-06"]
    (told,) = office.bench.events("shot_added")
    assert told["person"] == "siti"
    assert (told["later"], told["model"]) == (1, "m")
    assert told["score"] == pytest.approx(float(office.gallery.enrolments["siti"].template @ face(0, seed=9)), abs=1e-4)
    (kept,) = office.gallery.enrolments["siti"].later
    assert np.allclose(kept.vector, face(0, seed=9))


def test_what_was_taken_back_gives_none(office: Office) -> None:
    record = office.comes(face(0, seed=9)).entry
    assert isinstance(record, RecordEntry)
    office.bench.registrar.take_back(record)
    assert not office.settles()
    assert (office.days, office.bench.events("shot_added")) == ([], [])


@pytest.mark.parametrize("off", ["before", "meanwhile"])
def test_a_policy_that_is_off_takes_none(office: Office, off: Literal["before", "meanwhile"]) -> None:
    office.allowed = off != "before"
    office.comes(face(0, seed=9))
    office.allowed = False
    assert not office.settles()
    assert office.days == []


@pytest.mark.parametrize(
    "proof",
    [LivenessResult("off"), LivenessResult("adaptive", tuple(found(surroundings=Suspicion.TOO_SHORT)))],
    ids=["liveness is off", "a check has failed"],
)
def test_without_liveness_there_is_none(office: Office, proof: LivenessResult) -> None:
    office.comes(face(0, seed=9), proof)
    assert not office.settles()
    assert office.days == []


def test_a_look_alike_gives_none(office: Office) -> None:
    alike = replace(office.gallery, look_alikes=frozenset({frozenset({"siti", "budi"})}))
    office.comes(face(0, seed=9), gallery=alike)
    assert not office.settles()
    assert office.days == []


def test_the_day_of_the_enrolment_and_a_second_visit_of_a_day_give_none(office: Office) -> None:
    office.enrol("siti", 0)
    assert office.comes(face(0, seed=8)).outcome == "recorded"
    assert not office.settles()
    office.bench.at("2026-01-07T07:20:00")
    office.comes(face(0, seed=9))
    assert office.comes(face(0, seed=10)).outcome == "repeat"
    assert office.settles()
    assert not office.settles()
    assert office.days == ["2026-01-07"]


def test_a_full_disk_keeps_the_template_as_it_is(office: Office) -> None:
    office.comes(face(0, seed=9))
    office.bench.fill_disk()
    while office.bench.event_log.record(Removed(detail=RemovedDetail(person="p", templates=0))) is not None:
        pass  # the last page still has room for some
    assert not office.settles()
    assert office.days == []
