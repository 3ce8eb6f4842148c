"""The preview: real frames in, JPEG parts out."""

import threading
import time

import cv2
import numpy as np
import pytest

from camera import Frame
from kiosk.runtime.worker import Worker
from kiosk.web.preview import Picture, Preview, jpeg
from tests.kiosk.web.sites import GREY, Site, filming, frame
from tests.pages import part
from tests.waiting import LIMIT_S, wait_for


def test_the_picture_comes_as_parts_with_their_age(site: Site) -> None:
    image = GREY.copy()
    image[:, :320] = (0, 0, 255)
    with site.open("/preview.mjpeg") as answer:
        assert answer.headers["Content-Type"] == "multipart/x-mixed-replace; boundary=frame"
        assert answer.readline() == b"--frame\r\n"
        at_s = time.monotonic() - 0.5
        site.preview.frames.put(Frame(image, at_s, 0))
        headers, body = part(answer)
        age_ms = 1000 * (time.monotonic() - at_s)
        assert headers["Content-Type"] == "image/jpeg"
        assert 500 <= int(headers["X-At-Ms"]) <= age_ms
        shown = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
        assert shown.shape == (480, 640, 3)
        assert np.abs(shown.astype(int) - image)[:, :300].mean() < 6, "not mirrored: the page does that"


def test_pictures_come_no_faster_than_said(site: Site) -> None:
    with filming(site, 100), site.open("/preview.mjpeg") as answer:
        answer.readline()
        part(answer)
        began_s = time.monotonic()
        for _ in range(15):
            part(answer)
        assert time.monotonic() - began_s > 0.9


def test_a_slow_page_gets_the_newest_picture_and_not_all(site: Site) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)
    with site.open("/preview.mjpeg") as answer:
        answer.readline()
        for index in range(40):  # several MB in all
            site.preview.frames.put(frame(index, noise))
            wait_for(lambda: not site.preview.frames._fresh, every_s=0.002)
        last_s = time.monotonic()
        site.preview.frames.put(Frame(GREY, last_s, 40))
        found = 0
        while len(part(answer)[1]) > 50_000:
            found += 1
        assert found < 20


def test_nothing_is_encoded_while_nobody_watches_and_once_for_all_who_do() -> None:
    preview = Preview(1000)
    failures: list[object] = []
    worker = Worker("preview", preview.run, interrupt=preview.close)
    worker.start(failures.append)
    try:
        preview.frames.put(frame(0))
        threading.Event().wait(0.1)
        assert preview.frames._fresh, "it lies there untaken"
        one, other = list[Picture](), list[Picture]()
        ends = [preview.watch(one.append), preview.watch(other.append)]
        wait_for(lambda: one and other)
        assert one[0] is other[0]
        for end in ends:
            end()
        wait_for(lambda: not preview._watched.is_set())
    finally:
        worker.stop()
        assert preview._watched.is_set(), "a stop need not wait for somebody to watch"
        assert worker.join(LIMIT_S)
    assert not failures


def test_what_a_lost_camera_gave_last_is_not_shown(site: Site) -> None:
    site.preview.frames.put(Frame(GREY, time.monotonic() - 60, 0))
    with site.open("/preview.mjpeg") as answer:
        answer.readline()
        wait_for(lambda: not site.preview.frames._fresh)
        site.preview.frames.put(frame(1))
        assert int(part(answer)[0]["X-At-Ms"]) < 60_000


@pytest.mark.parametrize(
    ("size", "shown"), [((480, 640), (480, 640)), ((1080, 1920), (360, 640)), ((240, 320), (240, 320))]
)
def test_pictures_are_640_px_wide_at_most(size: tuple[int, int], shown: tuple[int, int]) -> None:
    made = jpeg(np.zeros((*size, 3), np.uint8))
    assert cv2.imdecode(np.frombuffer(made, np.uint8), cv2.IMREAD_COLOR).shape[:2] == shown
