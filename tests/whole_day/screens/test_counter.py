"""What people do at the page: a PIN in place of a face, and an officer who enrols somebody."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from sync.contract import RecordEntry
from sync.nip import masked
from tests.brokers import needs_mosquitto
from tests.whole_day.screens.house import NIP, OFFICER, OFFICER_NIP, OFFICER_PIN, PIN, House

pytestmark = needs_mosquitto


def type_in(house: House, sheet: str, nip: str, pin: str) -> None:
    """On the page's own pad, as on a wall without a keyboard."""
    pad = house.page.locator(f"#{sheet}-pad")
    for digit in nip + pin:
        pad.get_by_role("button", name=digit, exact=True).click()


def test_who_cannot_use_their_face_gives_a_reason_nip_and_pin(house: House) -> None:
    person = house.staff("Ibu Siti", face=False)
    house.button("fallback").click()
    house.glass.look("pin")
    type_in(house, "pin", NIP, "000111")
    house.page.get_by_label(house.say("pin_reason_veil")).check()
    house.button("pin_send").click()
    expect(house.page.locator("#pin-said")).to_have_text(house.say("pin_wrong"))
    expect(house.page.locator("#pin-nip")).to_have_value("1990•••• •••••• • 001")
    house.glass.look("pin_wrong")
    (refusal,) = house.glass.complaints  # the browser's own, of what the page has understood
    assert "403" in refusal
    house.glass.complaints.clear()
    type_in(house, "pin", "", PIN)
    house.button("pin_send").click()
    house.shows("Ibu Siti", "Presensi masuk tercatat pukul")
    expect(house.page.locator("#pin")).to_be_hidden()
    house.glass.look("pin_recorded")
    assert house.told() == ["pin_refused", "record"]
    record = house.news()[-1]
    assert isinstance(record, RecordEntry)
    assert (record.body.person, record.body.method, record.body.reason) == (person, "pin", "veil")


@pytest.fixture
def signed_in(house: House) -> Iterator[House]:
    """A house whose officer works at it."""
    house.staff("Ibu Siti", face=False)
    house.button("officer_open").click()
    house.glass.look("sign_in")
    type_in(house, "sign-in", OFFICER_NIP, OFFICER_PIN)
    house.button("officer_sign_in").click()
    expect(house.page.locator("#officer-name")).to_have_text(house.say("officer_hello", name="Bapak Rahmat"))
    yield house
    house.call("nobody")
    if not house.page.locator("#officer").is_visible():
        house.button("officer_open").click()
    house.button("officer_sign_out").click()
    expect(house.page.locator("#officer")).to_be_hidden()
    assert house.told()[-1] == "officer_signed_out"


def test_an_officer_sees_the_day_and_what_works(signed_in: House) -> None:
    house = signed_in
    expect(house.page.locator("#officer-entries")).to_contain_text(
        house.say("event_officer_signed_in", name="Bapak Rahmat")
    )
    expect(house.page.locator("#officer-facts")).to_contain_text(house.say("stage_trial"))
    house.glass.look("officer_today")
    house.page.get_by_role("tab", name=house.say("officer_tests")).click()
    house.button("test_all").click()
    checks = house.page.locator("#officer-checks")
    for what in ("camera", "place", "clock", "broker", "disk"):
        expect(checks).to_contain_text(house.say(f"test_{what}"))
    expect(checks).to_contain_text("satelit")
    house.glass.look("officer_tests")
    assert house.told() == ["officer_signed_in"]


def test_an_officer_enrols_somebody_who_follows_the_ring(signed_in: House, stranger: Path) -> None:
    house = signed_in
    person = house.person
    house.page.get_by_role("tab", name=house.say("officer_people")).click()
    row = house.page.locator("#officer-people li", has_text="Ibu Siti")
    expect(row).to_contain_text(masked(NIP))
    house.glass.look("officer_people")
    row.get_by_role("button", name=house.say("officer_enrol")).click()
    start = house.button("consent_start")
    expect(start).to_be_disabled()
    house.page.get_by_label(house.say("consent_tick")).check()
    house.glass.look("consent")
    house.comes(stranger)
    start.click()
    house.shows(house.say("enrol_title"), "Ibu Siti")
    follow(house)
    house.shows(house.say("enrol_done"))
    house.glass.look("enrolled")
    house.kiosk.wait(lambda: "enrolled" in house.told(), "the enrolment in the ledger")
    detail = house.detail("enrolled")
    assert (detail["person"], detail["officer"]) == (person, OFFICER)
    assert detail["templates"] >= 3


def follow(house: House) -> None:
    """Do what the ring asks, pose after pose, until it has come to an end."""
    asks = {house.say(f"enrol_{side}"): f"turn_{side}" for side in ("left", "right")}
    asks |= {house.say(f"enrol_{way}"): f"look_{way}" for way in ("up", "down")}
    panel, pose, heard = house.page.locator("#enrolment"), house.page.locator("#enrolment-pose"), ""
    while panel.get_attribute("data-tone") == "plain":
        text = pose.inner_text()
        if text in asks and text != heard:
            house.call(asks[text])
            house.glass.picture("enrolling")
        heard = text
        house.page.wait_for_timeout(50)
