"""Who may use the page: the token of the device, the cookie that it is exchanged for, and the check of each request."""

import hmac
import logging
import re
import secrets
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kiosk.runtime.errors import KioskError
from sync.errors import KeyFileError
from sync.keyfile import read_key, write_new

log = logging.getLogger(__name__)

HOST: Final = "127.0.0.1"
_FILE: Final = "screen.token"
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 bytes as base64url
_TRIES: Final = 10
_TRIES_IN_S: Final = 60.0

COOKIE: Final = "kiosk_session"
BODY_BYTES: Final = 4096
"""The longest body of a request, in bytes."""

_OPEN: Final = ("/", "/session", "/words.json")
"""The paths that need no cookie, besides the files of the page: they reveal nothing and do nothing."""

_READING: Final = ("GET", "HEAD")
_OWN_PAGE: Final = (None, "same-origin", "none")

_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; media-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class TooManyTriesError(KioskError):
    """Too many wrong tokens were sent: for a while no token is checked."""


class SessionAuth:
    """Gives a cookie to whoever sends the token, and recognises the cookie.

    A cookie is a random word and its HMAC-SHA256 under the token, so that it stays valid after a restart. Comparisons
    take constant time. It belongs to one thread.
    """

    def __init__(self, token: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._token = token
        self._monotonic = monotonic
        self._wrong_s: deque[float] = deque(maxlen=_TRIES)

    @classmethod
    def of(cls, data_dir: Path) -> Self:
        """Returns the authentication with the token of a data directory, which is made when there is none.

        Raises KeyFileError when the token cannot be made or read.
        """
        path = data_dir / _FILE
        if not path.exists():
            _make(path)
        token = read_key(path).decode("ascii", "replace").strip()
        if not _TOKEN.fullmatch(token):
            raise KeyFileError(f"{path} holds no token: remove it, and restart the kiosk and its browser")
        return cls(token)

    def url(self, port: int) -> str:
        """Returns the URL that the browser opens. It is a secret: a browser sends the part after # to no server."""
        return f"http://{HOST}:{port}/#{self._token}"

    def enter(self, token: str) -> str | None:
        """Returns a cookie for the right token, None for a wrong one.

        Raises TooManyTriesError after ten wrong tokens in a minute.
        """
        now_s = self._monotonic()
        if len(self._wrong_s) == _TRIES and now_s - self._wrong_s[0] < _TRIES_IN_S:
            raise TooManyTriesError("too many wrong tokens: wait a minute")
        if not _same(token, self._token):
            self._wrong_s.append(now_s)
            return None
        word = secrets.token_urlsafe(16)
        return f"{word}.{self._seal(word)}"

    def knows(self, cookie: str) -> bool:
        """Returns whether a cookie was given by `enter`."""
        word, _, seal = cookie.partition(".")
        return _same(seal, self._seal(word))

    def _seal(self, word: str) -> str:
        return hmac.digest(self._token.encode(), b"cookie\n" + word.encode(), "sha256").hex()


class RequestGuard:
    """ASGI middleware that refuses requests which do not come from the page of this kiosk in its own browser.

    - The Host must be a name of this kiosk, which stops DNS rebinding.
    - The cookie must be one that `SessionAuth` gave.
    - A request that acts must come from the page: it has the Origin of the page, and a header that no form of another
      page can send.
    - The body must be short.
    """

    def __init__(self, app: ASGIApp, door: SessionAuth, port: int) -> None:
        self._app = app
        self._door = door
        self._hosts = {f"{HOST}:{port}", f"localhost:{port}"}
        self._origins = {f"http://{host}" for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request (ASGI 3)."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message))
            await send(message)

        refusal = self._refusal(Request(scope))
        if refusal is None:
            await self._app(scope, receive, send_with_headers)
        else:
            status, reason = refusal
            # The body of a refused request is never read, so the connection must end.
            answer = PlainTextResponse(reason, status, {"Connection": "close"})
            await answer(scope, receive, send_with_headers)

    def _refusal(self, request: Request) -> tuple[int, str] | None:
        if request.headers.get("host") not in self._hosts:
            return 421, "not a name of this kiosk"
        if request.method not in _READING and (refusal := self._not_ours(request.headers)) is not None:
            return refusal
        path = request.url.path
        if path in _OPEN or path.startswith("/static/"):
            return None
        if request.headers.get("sec-fetch-site") not in _OWN_PAGE:
            return 403, "not asked by the page of this kiosk"
        if not self._door.knows(request.cookies.get(COOKIE, "")):
            return 401, "no session: open the page with its token"
        return None

    def _not_ours(self, headers: Headers) -> tuple[int, str] | None:
        if headers.get("origin") not in self._origins or headers.get("x-kiosk") != "1":
            return 403, "not sent by the page of this kiosk"
        if "transfer-encoding" in headers:
            return 411, "the length must be told"
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdecimal() or int(length) > BODY_BYTES:
            return 413, f"more than {BODY_BYTES} bytes"
        return None


def _add_headers(headers: MutableHeaders) -> None:
    headers.setdefault("Cache-Control", "no-store")
    for name, value in _HEADERS.items():
        headers[name] = value


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _make(path: Path) -> None:
    try:
        write_new(path, secrets.token_urlsafe(32).encode())
    except KeyFileError:
        if not path.exists():  # otherwise another process has made it in the meantime
            raise
    else:
        log.info("made the token of the screen %s", path)
