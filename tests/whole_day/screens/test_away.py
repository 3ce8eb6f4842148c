"""A morning on which the network is away, and then the daemon too: the page says so, and comes back by itself."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.brokers import needs_mosquitto
from tests.whole_day.screens.house import opened

pytestmark = needs_mosquitto

NAME = "Bapak Muhammad Syaifullah Al Banjari"
"""Long: no card has more to say than that of a record in trial, without network and liveness."""


def test_without_network_people_are_recorded_and_a_page_outlives_its_daemon(
    browser: Browser, known: Path, tmp_path: Path
) -> None:
    with opened(tmp_path, browser, known) as house:
        chips = house.page.locator("#chips")
        expect(chips).to_contain_text(house.say("chip_online"))
        house.turn_page()
        house.place.broker.stop()
        expect(chips).to_contain_text(house.say("chip_offline"))
        house.staff(NAME)
        house.comes()
        house.shows(NAME, "Presensi masuk tercatat pukul", house.say("offline"))
        expect(chips).to_contain_text("menunggu dikirim")
        house.glass.look("offline")
        assert house.told() == ["record"]
        house.call("nobody")

        assert house.kiosk.stop()[0] == 0
        house.shows(house.say("away"), house.say("away_help"))
        house.glass.look("away")
        house.kiosk.start_ready()
        expect(house.page.locator("#panel")).not_to_contain_text(house.say("away"))
        assert all("ERR_" in complaint for complaint in house.glass.complaints), house.glass.complaints
        house.glass.complaints.clear()  # the browser's own of a server that was not there
        house.comes()
        house.shows(NAME, "Anda sudah presensi masuk pukul")
        assert house.told() == ["record"]

        house.place.broker.start()
        expect(chips).to_contain_text(house.say("sent"))
        expect(chips).to_contain_text(house.say("chip_online"))
