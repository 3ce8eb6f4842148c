"""A page without a browser: it says exactly what a test wants, and hears what a browser would."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from typing import Any


class Client:
    """A page of the kiosk at a port of loopback. `cookie` is that of one that has shown its token."""

    def __init__(self, port: int, cookie: str | None = None) -> None:
        self.port = port
        self.cookie = cookie

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def enter(self, token: str) -> None:
        """Show the token, and keep the cookie."""
        with self.open("/session", "POST", json.dumps({"token": token}).encode()) as answer:
            assert answer.status == 204
            self.cookie = answer.headers["Set-Cookie"].partition(";")[0]

    @contextmanager
    def open(self, path: str, method: str = "GET", body: bytes = b"", **headers: str | None) -> Iterator[HTTPResponse]:
        """The answer to a request of our page; `headers`, with _ for -, take the place of its own, None leaves one
        out."""
        own = {} if self.cookie is None else {"Cookie": self.cookie}
        if method == "POST":
            own |= {"Origin": self.origin, "X-Kiosk": "1", "Content-Type": "application/json"}
        told = {name.replace("_", "-").title(): value for name, value in headers.items()}
        own |= {name: value for name, value in told.items() if value is not None}
        sent = {name: value for name, value in own.items() if told.get(name, "") is not None}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body or None, sent)
            yield connection.getresponse()
        finally:
            connection.close()

    def get(self, path: str, **headers: str | None) -> tuple[int, bytes]:
        """Status and body."""
        with self.open(path, "GET", b"", **headers) as answer:
            return answer.status, answer.read()

    def post(self, path: str, message: object, **headers: str | None) -> tuple[int, bytes]:
        """Status and body."""
        with self.open(path, "POST", json.dumps(message).encode(), **headers) as answer:
            return answer.status, answer.read()


def told(answer: HTTPResponse) -> Iterator[tuple[str, Any]]:
    """The events of a stream, as a browser reads them: name and data."""
    name, data = "message", list[str]()
    while line := answer.readline().decode():
        field, _, value = line.rstrip("\n").partition(":")
        if field == "event":
            name = value.strip()
        elif field == "data":
            data.append(value.strip())
        elif line == "\n":
            if data:
                yield name, json.loads("\n".join(data))
            name, data = "message", []


def part(answer: HTTPResponse) -> tuple[dict[str, str], bytes]:
    """Headers and body of the next part of the preview, the boundary before it read already."""
    headers = {}
    while line := answer.readline().strip().decode():
        name, _, value = line.partition(": ")
        headers[name] = value
    body = answer.read(int(headers["Content-Length"]))
    assert answer.read(len(b"\r\n--frame\r\n")) == b"\r\n--frame\r\n", "a browser shows a part when it sees its end"
    return headers, body
