"""Somebody comes, and sees what becomes of it; liveness is off, for nobody hears what would be asked."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect

from sync.contract import RecordEntry
from tests.brokers import needs_mosquitto
from tests.whole_day.screens.house import House

pytestmark = needs_mosquitto


def recorded(house: House) -> list[RecordEntry]:
    return [entry for entry in house.news() if isinstance(entry, RecordEntry)]


def test_who_is_known_reads_their_name_time_and_receipt_and_the_second_time_that_it_is_done(house: House) -> None:
    person = house.staff("Ibu Siti Aminah")
    house.comes()
    house.shows("Ibu Siti Aminah", "Presensi masuk tercatat pukul", "WITA", house.say("trial"))
    (record,) = recorded(house)
    at = record.at.strftime("%H.%M")
    house.shows(house.say("in_ok", time=f"{at} WITA"), record.body.receipt)
    expect(house.button("not_me")).to_be_visible()
    expect(house.page.locator("#mark")).to_have_text(house.say("mark_trial"))
    house.glass.look("recorded")
    assert (record.body.person, record.body.stage, record.body.method) == (person, "trial", "face")
    house.goes()
    house.comes(options="&seed=2")
    house.shows("Ibu Siti Aminah", house.say("in_repeat", time=f"{at} WITA"))
    expect(house.button("not_me")).to_have_count(0)
    house.glass.look("repeat")
    assert house.told() == ["record"]


def test_a_name_is_read_from_a_metre(house: House) -> None:
    house.staff("Bapak Muhammad Syaifullah Al Banjari")
    house.comes()
    house.shows("Bapak Muhammad Syaifullah Al Banjari")
    name = house.page.locator("#panel-title .name")
    for size in ("landscape", "portrait", "small"):
        house.glass.size(size)
        assert float(name.evaluate("(name) => parseFloat(getComputedStyle(name).fontSize)")) >= 48, size
    house.glass.look("long_name")
    assert house.told() == ["record"]


def test_who_says_that_it_is_not_them_is_believed(house: House) -> None:
    house.staff("Ibu Siti")
    house.comes()
    house.shows("Presensi masuk tercatat pukul")
    house.button("not_me").click()
    house.shows(house.say("taken_back"), house.say("taken_back_help"))
    house.glass.look("taken_back")
    record, voiding = recorded(house)
    assert (record.body.voids, voiding.body.voids) == (None, record.id)
    assert house.told() == ["record", "record"]


def test_a_stranger_is_told_so_and_named_nothing(house: House, stranger: Path) -> None:
    house.staff("Ibu Siti")
    house.comes(stranger)
    panel = house.shows(house.say("unknown"))
    expect(panel).not_to_contain_text("Ibu Siti")
    house.glass.look("unknown")
    assert house.told() == ["unknown_face"]


@pytest.fixture
def two(known: Path, stranger: Path, tmp_path: Path) -> Path:
    """Two people beside each other, equally close."""
    room = np.full((480, 640, 3), 190, np.uint8)
    for column, (path, left, top, width) in enumerate(((known, 72, 60, 380), (stranger, 125, 20, 200))):
        part = cv2.imread(str(path))[top : top + width * 3 // 2, left : left + width]
        photo = cv2.resize(part, (320, 320 * part.shape[0] // part.shape[1]))[:480]
        room[480 - photo.shape[0] :, 320 * column : 320 * (column + 1)] = photo
    assert cv2.imwrite(str(tmp_path / "two.png"), room)
    return tmp_path / "two.png"


def test_two_at_once_are_asked_to_come_one_by_one(house: House, two: Path) -> None:
    house.staff("Ibu Siti")
    house.call(f"file:{two}?fps=10&loop=1")
    house.shows(house.say("two_faces"))
    house.glass.look("two_faces")
    house.kiosk.wait(house.told, "word of it in the ledger")
    assert house.told() == ["quality_refused"]
    assert house.detail("quality_refused")["reasons"]["two_faces"] > 0


def test_where_it_is_too_dark_people_are_told_to_look_for_light(house: House) -> None:
    house.staff("Ibu Siti")
    house.comes(options="&exposure=-7")
    house.shows(house.say("dark"))
    house.glass.look("dark")
    house.kiosk.wait(house.told, "word of it in the ledger")
    assert house.told() == ["quality_refused"]
