"""Every state of the screen in a real Chromium, in three sizes: its words, its places, who can read it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from kiosk.lab.tour.steps import TourScript, TourStep
from kiosk.screen import Words
from tests.glass import SIZES
from tests.kiosk.screen.browsing import Tourist

STEPS = {step.name: step for step in TourScript(Words("id")).steps()}
WORDS = Words("id")


@pytest.fixture(scope="module")
def visitor(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tourist]:
    visitor = Tourist(tmp_path_factory.mktemp("tour"), browser)
    with visitor.served():
        visitor.enter()
        yield visitor
        visitor.close()


def expected(step: TourStep) -> str:
    """The words that somebody must find on the page."""
    if step.card is not None:
        return step.card.title
    if step.enrolment is not None:
        return step.enrolment.name
    if step.name == "socialisation":
        return WORDS.all()["tutorial_stand"]
    return WORDS.all()[step.key] if step.key else WORDS.say(step.banner)


@pytest.mark.parametrize("name", STEPS)
def test_it_says_what_it_should_and_fits(visitor: Tourist, name: str) -> None:
    step = visitor.go(name)
    page = visitor.page
    expect(page.locator("section.panel:visible")).to_contain_text(expected(step))
    if step.card is not None and step.card.receipt is not None:
        expect(page.locator("#receipt-code")).to_have_text(step.card.receipt)
        expect(page.get_by_role("button", name=WORDS.all()["not_me"])).to_be_visible()
    mark = page.locator("#mark")
    expect(mark).to_be_visible(visible=step.chips.stage != "active")
    visitor.look(name)


@pytest.mark.parametrize("size", SIZES)
def test_a_name_is_read_from_a_metre(visitor: Tourist, size: str) -> None:
    visitor.size(size)
    for name in ("recorded", "long_name", "repeat", "practice", "out_early"):
        visitor.go(name)
        shown = visitor.page.locator("#panel-title .name")
        expect(shown).to_have_css("font-size", re.compile(r"^(4[89]|[5-9]\d|\d{3})(\.\d+)?px$"))


@pytest.mark.parametrize(("name", "side"), [("turn_left", "left"), ("turn_right", "right")])
def test_the_arrow_is_where_a_mirror_shows_that_side(visitor: Tourist, name: str, side: str) -> None:
    visitor.size("landscape")
    visitor.go(name)
    arrow = visitor.page.locator(f"#arrow[data-side={side}]")
    expect(arrow).to_be_visible()
    box, sight = arrow.bounding_box(), visitor.page.locator("#sight").bounding_box()
    assert box is not None
    assert sight is not None
    is_left = box["x"] + box["width"] / 2 < sight["x"] + sight["width"] / 2
    assert is_left == (side == "left")


def test_the_frame_is_around_the_face_in_the_mirror(visitor: Tourist) -> None:
    visitor.size("landscape")
    visitor.go("out_of_picture")  # the face is left of the middle of the picture as it was taken
    expect(visitor.page.locator("#panel-title")).to_have_text(WORDS.all()["out_of_picture"])
    face = visitor.page.locator("#frame-face").bounding_box()
    sight = visitor.page.locator("#sight").bounding_box()
    assert face is not None
    assert sight is not None
    assert face["x"] > sight["x"] + sight["width"] / 2


def test_the_date_is_in_words(visitor: Tourist) -> None:
    visitor.go("idle")
    expect(visitor.page.locator("#date")).to_have_text("Senin, 5 Januari 2026")
    expect(visitor.page.locator("#time")).to_have_text(re.compile(r"07\.(2[89]|[345]\d)"))  # it goes on meanwhile


def test_the_other_language_has_all_of_it(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> None:
    visitor = Tourist(tmp_path_factory.mktemp("english"), browser, "en")
    with visitor.served():
        visitor.enter("recorded")
        expect(visitor.page.locator("html")).to_have_attribute("lang", "en")
        expect(visitor.page.locator("#panel-title")).to_have_text("Good morning, Ibu Siti")
        expect(visitor.page.locator("#date")).to_have_text("Monday, 5 January 2026")
        visitor.close()
