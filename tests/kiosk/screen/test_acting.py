"""What people do at the page: type, object, sign in, enrol, read; and what it does when the kiosk is away."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Locator, expect

from kiosk.screen import Phrase, Words
from kiosk.web.actions import ActionReply
from tests.glass import SIZES
from tests.kiosk.screen.browsing import Tourist
from tests.waiting import LIMIT_S

WORDS = Words("id").all()
NIP, PIN = "198609262015051001", "730164"


def recording(asked: list[tuple[str, ...]], status: int = 200) -> Callable[..., ActionReply]:
    def act(*given: str) -> ActionReply:
        asked.append(given)
        return ActionReply(status, "Jawaban")

    return act


def sign_in(tourist: Tourist) -> Locator:
    page = tourist.page
    page.get_by_role("button", name=WORDS["officer_open"]).click()
    page.keyboard.type(NIP + PIN)
    page.keyboard.press("Enter")
    sheet = page.locator("#officer")
    expect(sheet).to_be_visible()
    return sheet


def test_somebody_objects_once_and_is_answered(tourist: Tourist, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(tourist.clerk, "answer", recording(asked))
    tourist.enter("recorded")
    button = tourist.page.get_by_role("button", name=WORDS["not_me"])
    button.click()
    expect(button).to_be_hidden()
    expect(tourist.page.locator("#panel-answer")).to_have_text("Jawaban")
    card = tourist.steps["recorded"].card
    assert card is not None
    assert asked == [(card.id, "not_me")]


def test_the_time_to_object_runs_out(tourist: Tourist) -> None:
    tourist.enter("recorded")
    button = tourist.page.get_by_role("button", name=WORDS["not_me"])
    expect(button).to_be_visible()
    expect(button).to_be_hidden()
    expect(tourist.page.locator("#panel-title")).to_contain_text("Ibu Siti")


def test_who_comes_next_finds_no_button_of_who_was_there_before(tourist: Tourist) -> None:
    step = tourist.steps["recorded"]
    assert step.card is not None
    long = {"lasts_s": 10 * LIMIT_S, "choose_s": 10 * LIMIT_S}
    tourist.steps["recorded"] = replace(step, card=step.card.model_copy(update=long))
    tourist.enter("recorded")
    button = tourist.page.get_by_role("button", name=WORDS["not_me"])
    expect(button).to_be_visible()
    tourist.screen.make_way()
    expect(button).to_be_hidden()
    expect(tourist.page.locator("#panel-title")).to_contain_text("Ibu Siti")


def test_a_result_is_not_hidden_behind_the_privacy_notice(tourist: Tourist) -> None:
    tourist.enter()
    tourist.page.locator("#open-privacy").click()
    expect(tourist.page.locator("#privacy")).to_be_visible()
    tourist.go("recorded")
    expect(tourist.page.locator("#privacy")).to_be_hidden()
    expect(tourist.page.get_by_role("button", name=WORDS["not_me"])).to_be_visible()


def test_the_clock_does_not_go_back_when_a_card_comes(tourist: Tourist) -> None:
    chips = tourist.steps["idle"].chips
    assert chips is not None
    tourist.enter()
    tourist.screen.tick(chips.model_copy(update={"at": "2026-01-05T07:29:59+08:00"}))
    clock = tourist.page.locator("#time")
    expect(clock).to_have_text("07.29")
    expect(clock).to_have_text("07.30")
    tourist.screen.say(Phrase("clock"), status="something else changes")
    expect(tourist.page.locator("#panel-title")).to_have_text(WORDS["clock"])
    expect(clock).to_have_text("07.30", timeout=LIMIT_S)


def test_a_pin_is_typed_by_touch(tourist: Tourist, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(tourist.clerk, "by_pin", recording(asked))
    tourist.enter()
    page = tourist.page
    page.get_by_role("button", name=WORDS["fallback"]).click()
    pad = page.locator("#pin-pad")
    for digit in NIP + PIN:
        pad.get_by_role("button", name=digit, exact=True).click()
    assert NIP not in page.locator("#pin-nip").input_value(), "a NIP that was typed is masked"
    page.get_by_text(WORDS["pin_reason_injury"]).click()
    page.get_by_role("button", name=WORDS["pin_send"]).click()
    expect(page.locator("#pin")).to_be_hidden()
    assert asked == [(NIP, PIN, "injury")]
    expect(page.locator("#pin-nip")).to_have_value("")
    expect(page.locator("#pin-pin")).to_have_value("")


def test_two_touches_send_one_pin(tourist: Tourist, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    answers = threading.Event()

    def by_pin(*given: str) -> ActionReply:
        asked.append(given)
        assert answers.wait(LIMIT_S)
        return ActionReply(200, "Jawaban")

    monkeypatch.setattr(tourist.clerk, "by_pin", by_pin)
    tourist.enter()
    page = tourist.page
    page.get_by_role("button", name=WORDS["fallback"]).click()
    page.keyboard.type(NIP + PIN)
    page.get_by_text(WORDS["pin_reason_injury"]).click()
    for _ in range(3):
        page.get_by_role("button", name=WORDS["pin_send"]).click()
    expect(page.locator("#pin-said")).to_have_text(WORDS["processing"])
    answers.set()
    expect(page.locator("#pin")).to_be_hidden()
    assert len(asked) == 1


def test_a_page_whose_part_has_failed_begins_anew(tourist: Tourist) -> None:
    page, broken = tourist.page, b"--frame\r\nContent-Length: 4\r\n\r\nJPEG\r\n--frame\r\n"
    page.route("**/preview.mjpeg", lambda route: route.fulfill(body=broken), times=1)
    with page.expect_event("pageerror"):
        tourist.enter()
    page.wait_for_function("() => document.getElementById('picture').width > 300")
    expect(page.locator("#stopped")).to_be_hidden()
    tourist.complaints.clear()


def test_a_pin_that_is_refused_says_why_and_keeps_the_nip(tourist: Tourist, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(tourist.clerk, "by_pin", recording(asked, 403))
    tourist.enter()
    page = tourist.page
    page.get_by_role("button", name=WORDS["fallback"]).click()
    page.keyboard.type(NIP + PIN[:3])
    page.get_by_role("button", name=WORDS["pin_send"]).click()
    expect(page.locator("#pin-said")).to_have_text(WORDS["pin_pin_wrong"])
    page.locator("#pin-pin").focus()
    page.keyboard.type(PIN)
    page.get_by_role("button", name=WORDS["pin_send"]).click()
    expect(page.locator("#pin-said")).to_have_text(WORDS["pin_reason_wrong"])
    page.get_by_text(WORDS["pin_reason_veil"]).click()
    page.get_by_role("button", name=WORDS["pin_send"]).click()
    expect(page.locator("#pin-said")).to_have_text("Jawaban")
    assert len(asked) == 1
    assert page.locator("#pin-pin").input_value() == ""
    assert page.locator("#pin-nip").input_value() != ""
    tourist.complaints.clear()  # Chromium tells of each answer that is a refusal


@pytest.mark.parametrize("size", SIZES)
def test_every_sheet_fits_and_can_be_read(tourist: Tourist, size: str) -> None:
    tourist.size(size)
    tourist.enter("trial")
    page = tourist.page
    for name in ("privacy", "pin"):
        page.locator(f"#open-{name}").click()
        judge(tourist, f"sheet-{name}-{size}", f"#{name}")
        page.keyboard.press("Escape")
        expect(page.locator(f"#{name}")).to_be_hidden()
    sheet = sign_in(tourist)
    for tab in ("today", "people", "tests"):
        page.locator(f"#tab-{tab}").click()
        expect(page.locator(f"#view-{tab}")).to_be_visible()
        judge(tourist, f"officer-{tab}-{size}", "#officer")
    page.locator("#tab-people").click()
    sheet.get_by_role("button", name=WORDS["officer_enrol"]).first.click()
    judge(tourist, f"officer-consent-{size}", "#consent")


def judge(tourist: Tourist, picture: str, sheet: str) -> None:
    expect(tourist.page.locator(f"{sheet} .sheet-head .mark")).to_have_text(WORDS["stage_trial"])
    tourist.picture(picture)
    assert tourist.overflowing() == []
    assert tourist.too_small() == []
    assert tourist.violations() == []


def test_an_officer_enrols_somebody_who_agrees(tourist: Tourist) -> None:
    tourist.enter()
    page, sheet = tourist.page, sign_in(tourist)
    page.locator("#tab-people").click()
    sheet.get_by_role("button", name=WORDS["officer_enrol"]).first.click()
    start = page.get_by_role("button", name=WORDS["consent_start"])
    expect(start).to_be_disabled()
    page.get_by_text(WORDS["consent_tick"]).click()
    start.click()
    expect(sheet).to_be_hidden()
    tourist.go("enrol")
    expect(page.locator("#enrolment-pose")).to_have_text(WORDS["enrol_right"])
    expect(page.locator("#poses .taken")).to_have_count(2)
    tourist.go("idle")
    expect(sheet).to_be_visible()


def test_whoever_closes_the_officers_sheet_has_left(tourist: Tourist, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(tourist.clerk, "sign_out", recording(asked))
    tourist.enter()
    sheet = sign_in(tourist)
    with tourist.page.expect_response("**/officer/sign-out"):
        tourist.page.keyboard.press("Escape")
    assert len(asked) == 1
    tourist.page.get_by_role("button", name=WORDS["officer_open"]).click()
    expect(tourist.page.locator("#sign-in")).to_be_visible()
    expect(sheet).to_be_hidden()


def test_an_officers_checks_are_shown(tourist: Tourist) -> None:
    tourist.enter()
    sign_in(tourist)
    tourist.page.locator("#tab-tests").click()
    tourist.page.get_by_role("button", name=WORDS["test_all"]).click()
    expect(tourist.page.locator("#officer-checks li")).to_have_count(4)
    expect(tourist.page.locator('#officer-checks [data-good="false"]')).to_have_count(1)


def test_the_tutorial_runs_and_can_be_paused(tourist: Tourist) -> None:
    tourist.enter("socialisation")
    title = tourist.page.locator("#tutorial-title")
    expect(title).to_have_text(WORDS["tutorial_stand"])
    expect(title).to_have_text(WORDS["tutorial_turn"])
    tourist.page.get_by_role("button", name=WORDS["tutorial_pause"]).click()
    for key in ("tutorial_done", "tutorial_stored", "tutorial_ask"):
        tourist.page.get_by_role("button", name=WORDS["tutorial_next"]).click()
        expect(title).to_have_text(WORDS[key])
    expect(tourist.page.get_by_role("button", name=WORDS["tutorial_play"])).to_be_visible()


def test_the_page_says_that_the_kiosk_is_away_and_goes_on_by_itself(tourist: Tourist) -> None:
    tourist.enter()
    title = tourist.page.locator("#panel-title")
    tourist.pause()
    expect(title).to_have_text(WORDS["away"])
    expect(tourist.page.locator("#stopped")).to_be_visible()
    tourist.resume()
    expect(title).to_have_text(WORDS["idle"])
    expect(tourist.page.locator("#stopped")).to_be_hidden()
    tourist.complaints.clear()  # Chromium tells of each connection that was refused


def test_a_page_without_the_token_says_how_to_open_it(tourist: Tourist, browser: Browser) -> None:
    tourist.go("idle")
    page = browser.new_context().new_page()
    page.goto(tourist.url.partition("#")[0])
    expect(page.locator("#panel-title")).to_have_text(WORDS["reopen"])
    expect(page.locator("#panel-text")).to_have_text(WORDS["reopen_help"])
    page.context.close()
    tourist.enter()


def test_the_token_is_gone_from_the_address_and_a_reload_needs_none(tourist: Tourist) -> None:
    tourist.enter()
    assert "#" not in tourist.page.url
    tourist.page.reload()
    expect(tourist.page.locator("#zone")).to_have_text("WITA")


def test_a_camera_that_is_lost_shows_no_old_picture(tourist: Tourist) -> None:
    tourist.enter()
    expect(tourist.page.locator("#stopped")).to_be_hidden()
    tourist.go("camera_lost")
    expect(tourist.page.locator("#stopped")).to_be_visible()
    expect(tourist.page.locator("#panel-title")).to_have_text(WORDS["camera_lost"])


def test_everything_is_reached_by_the_keyboard(tourist: Tourist) -> None:
    tourist.enter("out_early")
    page = tourist.page
    expect(page.get_by_role("button", name=WORDS["early_yes"])).to_be_visible()
    seen = []
    for _ in range(5):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("() => document.activeElement.textContent.trim()"))
        outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", "whoever uses the keyboard sees where they are"
    assert [text.rstrip("0123456789") for text in seen] == [
        WORDS["early_yes"],
        WORDS["early_no"],
        WORDS["fallback"],
        WORDS["privacy_open"],
        WORDS["officer_open"],
    ]


def test_less_motion_is_respected(tourist: Tourist) -> None:
    tourist.page.emulate_media(reduced_motion="reduce")
    tourist.enter("turn_left")
    expect(tourist.page.locator("#arrow")).to_be_visible()
    assert tourist.page.evaluate("() => document.getAnimations().length") == 0
    tourist.go("recorded")
    expect(tourist.page.locator("#choices .left")).to_have_text("3")
    assert tourist.page.evaluate("() => document.getAnimations().length") == 0
