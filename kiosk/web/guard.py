"""What every request has to pass before anything answers it, and the headers that every answer has."""

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kiosk.web.door import HOST, Door

COOKIE: Final = "kiosk_session"
BODY_BYTES: Final = 4096
"""The longest body that is read."""

_OPEN: Final = ("/", "/session", "/words.json")
"""What needs no cookie, beside the page's own files: none of it tells or does anything."""

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


class Guard:
    """Refuses what does not come from the page of this kiosk in the browser of this kiosk.

    - the Host is ours: a name that somebody points at this device is not (DNS rebinding);
    - the cookie is ours;
    - what acts comes from our page: its Origin, and a header that no form of another page can send;
    - what is sent is short.
    """

    def __init__(self, app: ASGIApp, door: Door, port: int) -> None:
        self._app = app
        self._door = door
        self._hosts = {f"{HOST}:{port}", f"localhost:{port}"}
        self._origins = {f"http://{host}" for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI 3 has it."""

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                _dress(MutableHeaders(scope=message))
            await send(message)

        refusal = self._refusal(Request(scope))
        if refusal is None:
            await self._app(scope, receive, dressed)
        else:
            status, reason = refusal
            # Nobody reads what such a request goes on to send.
            answer = PlainTextResponse(reason, status, {"Connection": "close"})
            await answer(scope, receive, dressed)

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


def _dress(headers: MutableHeaders) -> None:
    headers.setdefault("Cache-Control", "no-store")
    for name, value in _HEADERS.items():
        headers[name] = value
