"""What is asked of people who are asked something, and what somebody with a picture reads.

Nobody tells the person before this camera what to do but the page: the test reads it there, as they would.
"""

import re
from pathlib import Path

from playwright.sync_api import expect

from sync.contract import RecordEntry
from tests.brokers import needs_mosquitto
from tests.whole_day.screens.house import House

pytestmark = needs_mosquitto


def test_who_turns_as_the_arrow_says_is_recorded(house: House) -> None:
    house.rules(liveness="strict")
    house.staff("Ibu Siti")
    house.comes()
    arrow = house.page.locator("#arrow[data-side]:not([hidden])")
    expect(arrow).to_be_visible()
    side = arrow.get_attribute("data-side")
    box, observation = arrow.bounding_box(), house.page.locator("#sight").bounding_box()
    house.call(f"turn_{side}")  # in a mirror one's left is on the left
    house.glass.picture("asked")
    expect(house.page.locator("#hint")).to_contain_text(re.compile(r"Tengok ke (kiri|kanan) Anda|Hadap lurus"))
    assert box is not None
    assert observation is not None
    assert (box["x"] + box["width"] / 2 < observation["x"] + observation["width"] / 2) == (side == "left")
    panel = house.shows("Ibu Siti", "Presensi masuk tercatat pukul")
    expect(panel).not_to_contain_text(house.say("unchecked"))
    (record,) = house.news()
    assert isinstance(record, RecordEntry)
    assert record.body.liveness is not None
    assert (record.body.liveness.passed, record.body.liveness.challenge) == (True, f"turn_{side}")


def test_a_print_is_asked_to_come_in_person_and_its_owner_is_not_named(house: House, known: Path) -> None:
    house.rules(liveness="passive")
    house.staff("Ibu Siti")
    house.call(f"attack:print?source={known}&seconds=60&fps=15&seed=3")
    panel = house.shows(house.say("spoof"))
    expect(panel).not_to_contain_text("Ibu Siti")
    house.glass.look("spoof")
    assert house.told() == ["spoof_suspected"]
