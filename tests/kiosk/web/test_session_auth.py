"""The token of a device, and the cookies it is changed for."""

import logging
from pathlib import Path

import pytest

from kiosk.web.security import SessionAuth, TooManyTriesError
from sync.errors import KeyFileError
from tests.kiosk.web.sites import Site


def token_of(door: SessionAuth) -> str:
    return door.url(8017).removeprefix("http://127.0.0.1:8017/#")


def test_the_token_is_made_once_and_for_one_user(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    first, second = SessionAuth.of(tmp_path), SessionAuth.of(tmp_path)
    assert token_of(first) == token_of(second)
    assert len(token_of(first)) == 43
    assert (tmp_path / "screen.token").stat().st_mode & 0o777 == 0o600
    assert "screen.token" in caplog.text
    assert token_of(first) not in caplog.text


def test_two_kiosks_have_two_tokens(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    assert token_of(SessionAuth.of(tmp_path)) != token_of(SessionAuth.of(tmp_path / "other"))


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 43])
def test_a_damaged_token_is_told_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "screen.token").write_bytes(content)
    with pytest.raises(KeyFileError, match="remove it"):
        SessionAuth.of(tmp_path)


def test_a_cookie_is_random_and_outlives_a_restart(tmp_path: Path) -> None:
    door = SessionAuth.of(tmp_path)
    one, two = door.enter(token_of(door)), door.enter(token_of(door))
    assert one is not None
    assert two is not None
    assert one != two
    assert SessionAuth.of(tmp_path).knows(one)
    assert token_of(door) not in one
    assert not SessionAuth("x" * 43).knows(one)


def test_after_ten_wrong_tokens_nobody_enters_for_a_minute() -> None:
    now_s = [1000.0]
    door = SessionAuth("t" * 43, lambda: now_s[0])
    assert [door.enter(f"wrong-é-{number}") for number in range(10)] == [None] * 10
    with pytest.raises(TooManyTriesError):
        door.enter("t" * 43)
    now_s[0] += 60
    assert door.enter("t" * 43) is not None


def test_the_page_enters_with_the_token_and_gets_its_cookie(site: Site) -> None:
    with site.open("/session", "POST", f'{{"token": "{site.token}"}}'.encode(), cookie=None) as answer:
        assert answer.status == 204
        cookie = answer.headers["Set-Cookie"]
    pair, *attributes = cookie.split("; ")
    assert {name.lower() for name in attributes} == {"httponly", "path=/", "samesite=strict"}
    assert site.get("/settings.json", cookie=None)[0] == 401
    assert site.get("/settings.json", cookie=pair)[0] == 200


def test_wrong_tokens_get_no_cookie_and_then_no_hearing(site: Site) -> None:
    for _ in range(10):
        with site.open("/session", "POST", b'{"token": "wrong"}', cookie=None) as answer:
            assert (answer.status, answer.headers["Set-Cookie"]) == (403, None)
    with site.open("/session", "POST", b'{"token": "wrong"}', cookie=None) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "60")
    assert site.get("/settings.json")[0] == 200, "who is in stays in"
