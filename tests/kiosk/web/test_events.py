"""Which events the page gets, and when."""

import threading
import time
from itertools import islice, pairwise

from kiosk.screen import Card, Guide, Phrase, State
from tests.kiosk.web.sites import Site
from tests.pages import told
from tests.waiting import wait_for


def test_a_page_is_told_what_is_shown_at_once_and_then_what_changes(site: Site) -> None:
    site.screen.stand(Phrase("idle"), status="ready")
    with site.open("/events") as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        events = told(answer)
        (first, state), (second, guide) = islice(events, 2)
        assert (first, second) == ("state", "guide")
        assert State.model_validate(state) == site.screen.state
        assert state["banner"]["title"] == "Silakan berdiri di depan kamera"
        assert Guide.model_validate(guide) == site.screen.guide
        card = Card(id="c-1", tone="ok", title="Selamat pagi, Ibu Siti", receipt="7KQ-4MX")
        site.screen.show(card, status="recorded")
        name, state = next(event for event in events if event[0] != "beat")
        assert (name, Card.model_validate(state["card"])) == ("state", card)
        site.screen.look(Guide(box=(0.1, 0.2, 0.3, 0.4), key="steady", hint="Tahan"))
        name, guide = next(event for event in events if event[0] != "beat")
        assert (name, guide["box"]) == ("guide", [0.1, 0.2, 0.3, 0.4])


def test_two_pages_are_told_the_same(site: Site) -> None:
    with site.open("/events") as one, site.open("/events") as other:
        streams = told(one), told(other)
        for stream in streams:
            list(islice(stream, 2))
        site.screen.say(Phrase("clock"), status="the clock is wrong")
        for stream in streams:
            name, state = next(event for event in stream if event[0] != "beat")
            assert (name, state["banner"]["key"]) == ("state", "clock")


def test_a_page_that_is_told_nothing_hears_a_beat_every_second(site: Site) -> None:
    with site.open("/events") as answer:
        events = told(answer)
        list(islice(events, 2))
        at_s = []
        for name, _ in islice(events, 3):
            assert name == "beat"
            at_s.append(time.monotonic())
    gaps_s = [later - before for before, later in pairwise(at_s)]
    assert all(gap_s > 0.5 for gap_s in gaps_s), gaps_s


def test_the_heart_beats_while_much_is_told_and_is_a_comment_too(site: Site) -> None:
    stop = threading.Event()

    def tremble() -> None:
        progress = 0.0
        while not stop.wait(0.01):
            progress = (progress + 0.01) % 1
            site.screen.look(Guide(progress=progress))

    trembling = threading.Thread(target=tremble)
    trembling.start()
    try:
        with site.open("/events") as answer:
            lines = iter(answer.readline, b"")
            found = next(line for line in lines if line.startswith(b":"))
            assert found == b": beat\n"
            assert next(lines) == b"event: beat\n"
    finally:
        stop.set()
        trembling.join()


def test_a_page_that_goes_is_listened_for_no_more(site: Site) -> None:
    listeners = site.screen._listeners
    with site.open("/events") as answer:
        list(islice(told(answer), 2))
        assert len(listeners) == 1
    wait_for(lambda: not listeners)
    site.screen.stand(Phrase("idle"), status="ready")


def test_more_pages_than_a_kiosk_has_are_refused(site: Site) -> None:
    opened = [site.open("/events") for _ in range(8)]
    try:
        for each in opened:
            answer = each.__enter__()
            assert answer.status == 200
            list(islice(told(answer), 2))
        assert site.get("/events")[0] == 503
        assert site.get("/preview.mjpeg")[0] == 503
    finally:
        for each in opened:
            each.__exit__(None, None, None)
    wait_for(lambda: not site.screen._listeners)
    with site.open("/events") as answer:
        assert answer.status == 200
