"""What the registrar makes of a visit, with a real ledger and a clock that the test sets."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from kiosk.people import Roll
from kiosk.registrar import Registrar, Rules
from kiosk.rules.attendance import Window
from kiosk.rules.visit import Outcome
from models.calibration import Acceptance
from models.gallery import Gallery, Identity
from sync.contract import ClockStamp, RecordFacts
from sync.ledger import Ledger
from tests.sync.helpers import CLOCK, KIOSK, UNIT, record

PERSON = "p-1"
MONDAY = datetime(2026, 1, 5, 7, 28, tzinfo=timezone(timedelta(hours=8)))
VISIT = Outcome("identified", at_s=10.0, seen_s=2.0, decided_s=1.0, frames=5, nearest=Identity(PERSON, 0.9, None))


class SetClock:
    def __init__(self) -> None:
        self.time = MONDAY

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return 0.0

    def stamp(self) -> ClockStamp:
        return CLOCK


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def registrar(tmp_path: Path, clock: SetClock) -> Iterator[Registrar]:
    facts = record().body
    assert isinstance(facts, RecordFacts)
    rules = Rules("trial", None, [Window("in", time.min, time.min)])
    with Ledger(tmp_path / "ledger.db", KIOSK, UNIT) as ledger:
        yield Registrar(ledger, rules, place=lambda: facts.place, clock=clock)


def roll() -> Roll:
    gallery = Gallery("model", {PERSON: np.eye(4, dtype=np.float32)[0]}, 4)
    return Roll(gallery, {PERSON: "Ibu Contoh"}, Acceptance(0.5, 0.0, 0.0, 1e-6), frozenset(), {}, ())


def outcomes(registrar: Registrar, clock: SetClock, *moments: datetime) -> list[str]:
    found = []
    for moment in moments:
        clock.time = moment
        found.append(registrar.register(VISIT, roll()).outcome)
    return found


def test_a_day_has_one_record_of_a_session(registrar: Registrar, clock: SetClock) -> None:
    later, tomorrow = MONDAY + timedelta(hours=9), MONDAY + timedelta(days=1)
    assert outcomes(registrar, clock, MONDAY, later, tomorrow) == ["recorded", "repeat", "recorded"]


def test_a_clock_that_was_ahead_takes_no_day_away(registrar: Registrar, clock: SetClock) -> None:
    ahead = MONDAY.replace(year=2027)
    assert outcomes(registrar, clock, ahead, MONDAY, MONDAY + timedelta(days=1)) == ["recorded"] * 3
    assert outcomes(registrar, clock, ahead, MONDAY) == ["repeat"] * 2
