"""Who is refused, and at what. Every refusal is of a request that would have passed but for one thing."""

import json
import re
import socket
from contextlib import closing
from pathlib import Path

import pytest

from tests.kiosk.web.sites import Site

ANSWER = {"card": "c-1", "choice": "not_me"}
READING = ("/settings.json", "/events", "/preview.mjpeg", "/receipt/7KQ-4MX.svg", "/officer/overview")


def test_what_our_page_asks_passes(site: Site) -> None:
    assert site.get("/settings.json")[0] == 200
    assert site.post("/answer", ANSWER) == (200, b'{"text":"Dibatalkan"}')
    assert site.get("/settings.json", host=f"localhost:{site.port}")[0] == 200
    assert site.post("/answer", ANSWER, origin=f"http://localhost:{site.port}")[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "evil.example:8017", "127.0.0.1.evil.example", ""])
def test_another_name_of_this_device_is_refused(site: Site, host: str) -> None:
    for path in ("/", "/static/index.html", *READING):
        assert site.get(path, host=host)[0] in (400, 421)
    assert site.post("/answer", ANSWER, host=host)[0] in (400, 421)
    assert site.counter.asked == []


def test_our_name_with_another_port_is_refused(site: Site) -> None:
    assert site.get("/", host=f"127.0.0.1:{site.port + 1}")[0] == 421


@pytest.mark.parametrize("cookie", [None, "", "kiosk_session=", "kiosk_session=x", "kiosk_session=é.é", "other=1"])
def test_without_our_cookie_only_the_shell_is_given(site: Site, cookie: str | None) -> None:
    encoded = None if cookie is None else cookie.encode().decode("latin-1")
    for path in READING:
        assert site.get(path, cookie=encoded)[0] == 401
    assert site.post("/answer", ANSWER, cookie=encoded)[0] == 401
    assert site.counter.asked == []
    assert site.get("/", cookie=encoded)[0] == 200
    assert site.get("/static/index.html", cookie=encoded)[0] == 200
    assert site.get("/words.json", cookie=encoded)[0] == 200, "the shell says what to do"


def test_a_cookie_of_another_kiosk_is_none(site: Site) -> None:
    word, _, seal = site.cookie.partition(".")
    assert site.get("/settings.json", cookie=f"{word}x.{seal}")[0] == 401
    assert site.get("/settings.json", cookie=f"{word}.{seal[:-1]}")[0] == 401


@pytest.mark.parametrize(
    "missing",
    [
        {"x_kiosk": None},
        {"x_kiosk": "0"},
        {"origin": None},
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": "https://127.0.0.1:8017"},
    ],
)
def test_what_acts_must_come_from_our_page(site: Site, missing: dict[str, str | None]) -> None:
    paths = ("/answer", "/pin", "/officer/sign-in", "/officer/sign-out", "/officer/test", "/officer/enrol", "/session")
    for path in paths:
        assert site.post(path, ANSWER, **missing)[0] == 403
    assert site.counter.asked == []


@pytest.mark.parametrize("where", ["cross-site", "same-site"])
def test_no_other_page_can_embed_what_we_show(site: Site, where: str) -> None:
    for path in READING:
        assert site.get(path, sec_fetch_site=where)[0] == 403
    assert site.get("/settings.json", sec_fetch_site="same-origin")[0] == 200
    assert site.get("/", sec_fetch_site=where)[0] == 200, "the browser is sent here by a page of its own"


def test_a_long_body_is_refused_unread(site: Site) -> None:
    with site.open("/answer", "POST", json.dumps(ANSWER).encode(), content_length="10000000") as answer:
        assert answer.status == 413
        assert answer.headers["Connection"] == "close"
    assert site.counter.asked == []


def test_a_body_of_unknown_length_is_refused(site: Site) -> None:
    head = {"Host": f"127.0.0.1:{site.port}", "Cookie": site.cookie, "Origin": site.origin, "X-Kiosk": "1"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    with closing(socket.create_connection(("127.0.0.1", site.port), 5)) as link:
        link.sendall(f"POST /answer HTTP/1.1\r\n{lines}Transfer-Encoding: chunked\r\n\r\n".encode())
        assert b" 411 " in link.recv(4096)


@pytest.mark.parametrize("body", [b"", b"{}", b"no json", b'{"card": "c-1", "choice": "all"}', b"[" * 4000, b"\xff"])
def test_what_is_no_message_is_refused(site: Site, body: bytes) -> None:
    with site.open("/answer", "POST", body) as answer:
        assert answer.status == 422
    assert site.counter.asked == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_do_nothing_and_no_other_origin_is_invited(site: Site, method: str) -> None:
    with site.open("/answer", method, origin="http://evil.example") as answer:
        assert answer.status in (403, 405)
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize("path", ["/", "/static/index.html", "/settings.json", "/nowhere", "/receipt/7KQ-4MX.svg"])
@pytest.mark.parametrize("host", [None, "evil.example"])
def test_every_answer_tells_the_browser_what_it_may_do(site: Site, path: str, host: str | None) -> None:
    with site.open(path, host=host) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; ")
        assert "unsafe" not in policy
        assert {"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} <= set(policy.split("; "))
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert re.fullmatch("no-store|no-cache", answer.headers["Cache-Control"] or "")
        assert "Server" not in answer.headers


def test_it_listens_on_loopback_alone(site: Site) -> None:
    hexed = f"{site.port:04X}"
    rows = Path("/proc/net/tcp").read_text("ascii").splitlines()
    listening = [row.split()[1] for row in rows if row.split()[3] == "0A" and row.split()[1].endswith(f":{hexed}")]
    assert listening == [f"0100007F:{hexed}"]
