"""The daemon's own screen, over HTTP: somebody walks up, and the page is told."""

import json
from pathlib import Path

import cv2
import numpy as np

from kiosk.lab.demo import show
from tests.brokers import needs_mosquitto
from tests.pages import part, told
from tests.whole_day.harness import change, film, office, page, token_of, until, walk

pytestmark = needs_mosquitto


def nobody(folder: Path) -> str:
    """The camera URL of a wall for eight seconds: the page is there before anybody comes."""
    wall = folder / "wall"
    wall.mkdir()
    for number in range(8):
        cv2.imwrite(str(wall / f"{number}.png"), np.full((480, 640, 3), 150, np.uint8))
    return f"file:{wall}?fps=1&realtime=1"


def test_a_walk_up_is_told_to_the_page_as_it_happens(tmp_path: Path, known: Path) -> None:
    with office(tmp_path, nobody(tmp_path), walk(known)) as (place, kiosk):
        show.enrol(kiosk.settings, known)
        place.wait_for_fix()
        token = token_of(kiosk)
        kiosk.start_ready()
        client = page(kiosk, token)
        with client.open("/events") as events, client.open("/preview.mjpeg") as pictures:
            assert pictures.readline() == b"--frame\r\n"
            headers, _ = part(pictures)
            assert int(headers["X-At-Ms"]) < 1000
            heard = told(events)
            before = until(heard, lambda data: data["card"])
            after = until(heard, lambda data: data["card"] is None)
            online = until(heard, lambda data: data["chips"] and data["chips"]["online"])
            status, took_s = kiosk.stop()
        assert status == 0, kiosk.log
        assert took_s < 15, "open pages are not waited for"
        card, (record,) = before[-1][1]["card"], kiosk.records()
        assert (card["tone"], card["receipt"]) == ("ok", record.body.receipt)
        assert show.NAME in card["title"]
        boxes = [data["box"] for name, data in before + after if name == "guide" and data["box"]]
        assert boxes
        assert all(-1 < share < 2 for box in boxes for share in box), "a face may reach beyond the picture"
        chips = online[-1][1]["chips"]
        assert (chips["zone"], chips["stage"], chips["place"]) == ("WITA", "trial", "gnss")
        assert (chips["careful"], chips["room"]) == (False, True)
        for secret in (token, client.cookie, show.NAME):
            assert secret not in kiosk.log
        assert "left behind" not in kiosk.log


def test_a_page_is_told_how_much_waits_while_the_broker_is_away_and_outlives_a_restart(
    tmp_path: Path, known: Path
) -> None:
    with office(tmp_path) as (place, kiosk):
        film(kiosk.config, walk(known, "&loop=1"))
        place.broker.stop()
        token = token_of(kiosk)
        kiosk.start_ready()
        client = page(kiosk, token)
        with client.open("/events") as events:
            waits = until(told(events), lambda data: data["chips"] and data["chips"]["waiting"])
            assert not waits[-1][1]["chips"]["online"]
            assert kiosk.stop()[0] == 0
        kiosk.start_ready()
        assert client.get("/settings.json")[0] == 200
        assert kiosk.stop()[0] == 0
        place.broker.start()


def test_without_a_screen_attendance_is_recorded_all_the_same(tmp_path: Path, known: Path) -> None:
    with office(tmp_path, walk(known)) as (_, kiosk):
        change(kiosk.config, "[screen]\n", "[screen]\nenabled = false\n")
        show.enrol(kiosk.settings, known)
        kiosk.start_ready()
        kiosk.wait(kiosk.records, "record on the disk")
        assert kiosk.stop()[0] == 0
        assert not kiosk.settings.kiosk.data_dir.joinpath("screen.token").exists()


def test_a_damaged_token_ends_the_screen_and_not_attendance(tmp_path: Path, known: Path) -> None:
    with office(tmp_path, walk(known)) as (_, kiosk):
        show.enrol(kiosk.settings, known)
        (kiosk.settings.kiosk.data_dir / "screen.token").write_bytes(b"")
        kiosk.start_ready()
        kiosk.wait(kiosk.records, "a record")
        assert "no screen: " in kiosk.log
        assert "remove it, and restart the kiosk" in kiosk.log


def test_the_words_are_those_of_the_language_that_is_set(tmp_path: Path) -> None:
    with office(tmp_path) as (_, kiosk):
        film(kiosk.config, f"v4l2:{tmp_path}/no-camera")
        change(kiosk.config, "[screen]\n", '[screen]\nlanguage = "en"\n')
        token = token_of(kiosk)
        kiosk.start_ready()
        client = page(kiosk, token)
        words = json.loads(client.get("/words.json")[1])
        assert words["language"] == "en"
        with client.open("/events") as events:
            lost = until(told(events), lambda data: data["banner"]["key"] == "camera_lost")
        assert lost[-1][1]["banner"]["title"] == words["words"]["camera_lost"]
        assert kiosk.stop()[0] == 0
