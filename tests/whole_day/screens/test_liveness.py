"""What is asked of people who are asked something, and what somebody with a picture reads.

Nobody tells the person before this camera what to do but the page: the test reads it there, as they would.
"""

from pathlib import Path

from playwright.sync_api import expect

from kiosk.recognition.liveness import FAILURES
from sync.contract import RecordEntry
from tests.brokers import needs_mosquitto
from tests.whole_day.screens.house import House

pytestmark = needs_mosquitto


def test_who_does_as_the_page_says_is_recorded(house: House) -> None:
    house.rules(liveness="strict")
    house.staff("Ibu Siti")
    house.comes()
    arrow = house.page.locator("#arrow[data-side]:not([hidden])")
    expect(arrow).to_be_visible()
    side = arrow.get_attribute("data-side")
    box, sight = arrow.bounding_box(), house.page.locator("#sight").bounding_box()
    assert box is not None
    assert sight is not None
    on_the_left = box["x"] + box["width"] / 2 < sight["x"] + sight["width"] / 2
    assert on_the_left == (side == "left")  # in a mirror one's left is on the left
    asked = follow(house)
    assert asked[0] == f"turn_{side}"
    panel = house.shows("Ibu Siti", "Presensi masuk tercatat pukul")
    expect(panel).not_to_contain_text(house.say("unchecked"))
    record = house.news()[-1]
    assert isinstance(record, RecordEntry)
    assert record.body.liveness is not None
    assert record.body.liveness.passed
    assert record.body.liveness.challenge in asked


def follow(house: House) -> list[str]:
    """Do what the page asks, as often as it asks, and come again after a refusal; everything that was asked.

    A busy machine may miss the time limit of a movement, or so many frames that it looks like a cut.
    """
    asks = {house.say(name): name for name in ("turn_left", "turn_right", "open_mouth")}
    hint, card = house.page.locator("#hint"), house.page.locator("body[data-card]")
    asked, heard = list[str](), ""
    for _ in range(FAILURES - 1):
        while not card.count():
            text = hint.inner_text()
            if text in asks and text != heard:
                house.call(asks[text])
                asked.append(asks[text])
                house.glass.picture("asked")
            heard = text
            house.page.wait_for_timeout(50)
        if house.told()[-1] not in {"challenge_failed", "spoof_suspected"}:
            break
        house.quiet()
        house.comes()
    return asked


def test_a_print_is_asked_to_come_in_person_and_its_owner_is_not_named(house: House, known: Path) -> None:
    house.rules(liveness="passive")
    house.staff("Ibu Siti")
    house.call(f"attack:print?source={known}&seconds=60&fps=15&seed=3")
    panel = house.shows(house.say("spoof"))
    expect(panel).not_to_contain_text("Ibu Siti")
    house.glass.look("spoof")
    assert house.told() == ["spoof_suspected"]
