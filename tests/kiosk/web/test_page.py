"""The files, phrases, sounds and receipts that the page loads."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kiosk.screen.catalogue import catalogue
from kiosk.web.server import STATIC
from tests.kiosk.web.sites import Site


def test_the_shell_and_its_files_are_kept_but_asked_for_again(site: Site) -> None:
    with site.open("/", cookie=None) as answer:
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-cache")
        assert answer.headers["Content-Type"].startswith("text/html")
        tag = answer.headers["ETag"]
    assert site.get("/static/index.html", if_none_match=tag)[0] == 304
    assert site.get("/static/../screen.token")[0] == 404
    assert site.get("/static/%2e%2e/screen.token")[0] == 404
    assert site.get("/static/nothing.js")[0] == 404


def test_every_phrase_is_given_by_its_key(site: Site) -> None:
    status, body = site.get("/words.json")
    assert status == 200
    assert json.loads(body) == {"language": "id", "words": catalogue("id")}
    assert json.loads(site.get("/settings.json")[1]) == {"language": "id", "volume": 0.4}


def test_a_receipt_is_drawn(site: Site) -> None:
    with site.open("/receipt/7KQ-4MX.svg") as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (200, "image/svg+xml")
        drawn = ElementTree.fromstring(answer.read())  # noqa: S314 (ours)
    assert drawn.tag.endswith("svg")
    assert drawn.attrib["viewBox"] == "0 0 29 29", "version 1: 21 modules and a quiet zone of four on each side"
    assert len(drawn) == 2


@pytest.mark.parametrize("code", ["x", "7kq-4mx", "7KQ4MX", "7KQ-4MXX", "%3Cscript%3E"])
def test_nothing_else_is_drawn(site: Site, code: str) -> None:
    assert site.get(f"/receipt/{code}.svg")[0] == 404


@pytest.fixture
def voices(tmp_path: Path) -> Path:
    folder = tmp_path / "voices"
    folder.mkdir()
    (folder / "turn_left.ogg").write_bytes(b"OggS")
    return folder


def test_prompts_are_spoken_where_they_were_made(site: Site, voices: Path) -> None:
    assert voices.is_dir()
    assert site.get("/voice/turn_left.ogg") == (200, b"OggS")
    for name in ("turn_right.ogg", "turn_left.mp3", "..%2Fscreen.token", "%2e%2e", "turn_left.ogg%00"):
        assert site.get(f"/voice/{name}")[0] == 404


def test_tones_are_made_not_kept(site: Site) -> None:
    with site.open("/static/sounds/success.wav", cookie=None) as answer:
        assert (answer.status, answer.headers["Content-Type"], answer.read()) == (200, "audio/wav", b"RIFF")
    assert site.get("/static/sounds/nothing.wav")[0] == 404


def test_the_page_comes_with_the_program() -> None:
    if not STATIC.is_dir():
        pytest.skip("the page is not there yet")
    assert (STATIC / "index.html").is_file()
