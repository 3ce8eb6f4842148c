"""What the stages of the agency's policy look like, and what each leaves in the ledger."""

import re

from playwright.sync_api import expect

from sync.contract import RecordEntry
from tests.brokers import needs_mosquitto
from tests.whole_day.screens.house import House

pytestmark = needs_mosquitto


def test_before_the_decree_the_page_points_to_the_list_and_looks_at_nobody(house: House) -> None:
    house.comes()
    expect(house.page.locator("#frame-face")).to_be_visible()
    house.rules("inactive")  # while somebody stands there
    house.shows(house.say("inactive"))
    house.staff("Ibu Siti")  # the roll is kept all the same
    house.turn_page()
    house.comes()
    expect(house.page.locator("#mark")).to_have_text(house.say("mark_inactive"))
    expect(house.page.locator("#sight")).to_be_hidden()
    expect(house.button("fallback")).to_have_count(0)
    house.glass.look("inactive")
    assert house.told() == []
    house.rules("trial")  # they have been standing there all the time
    house.shows("Ibu Siti", "Presensi masuk tercatat pukul")
    assert house.told() == ["record"]


def test_socialisation_teaches_while_nobody_is_there_and_greets_without_a_record(house: House) -> None:
    house.rules("socialisation")
    house.staff("Ibu Siti")
    house.shows(house.say("tutorial"), house.say("tutorial_stand"))
    house.glass.look("tutorial")
    house.button("tutorial_next").click()
    house.shows(house.say("tutorial_turn"))
    expect(house.page.locator("#mark")).to_have_text(house.say("mark_socialisation"))
    house.comes()
    house.shows("Ibu Siti", house.say("practice"))
    expect(house.button("not_me")).to_have_count(0)
    house.glass.look("practice")
    assert house.told() == []


def test_where_it_counts_no_mark_is_left_and_who_leaves_early_is_asked(house: House) -> None:
    house.rules("active", shift="leaving")
    person = house.staff("Ibu Siti")
    expect(house.page.locator("#mark")).to_be_hidden()
    house.comes()
    house.shows("Ibu Siti", house.say("out_early", time="00.00 WITA"))
    assert house.told() == []
    house.glass.look("out_early")
    house.button("early_yes").click()
    panel = house.shows("Presensi pulang tercatat pukul")
    expect(panel).not_to_contain_text(house.say("trial"))
    house.glass.look("out")
    (record,) = house.news()
    assert isinstance(record, RecordEntry)
    assert (record.body.person, record.body.session, record.body.stage) == (person, "out", "active")
    assert record.body.duty is not None
    assert re.fullmatch("PSW[1-4]", record.body.duty.class_ or "")
