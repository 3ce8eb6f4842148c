"""Who may use the page: whoever was handed the token of this device, and then the cookie that it was changed for."""

import hmac
import logging
import re
import secrets
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

from kiosk.errors import KioskError
from sync.errors import KeyFileError
from sync.keyfile import read_key, write_new

log = logging.getLogger(__name__)

HOST: Final = "127.0.0.1"
_FILE: Final = "screen.token"
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 bytes as base64url
_TRIES: Final = 10
_TRIES_IN_S: Final = 60.0


class TooManyTriesError(KioskError):
    """Wrong tokens were shown again and again: for a while none is looked at."""


class Door:
    """Lets in whoever shows the token. A cookie is a random word and its HMAC under the token: it outlives a restart.

    All is compared in constant time. It belongs to one thread.
    """

    def __init__(self, token: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._token = token
        self._monotonic = monotonic
        self._wrong_s: deque[float] = deque(maxlen=_TRIES)

    @classmethod
    def of(cls, data_dir: Path) -> Self:
        """The door of a data directory, whose token is made once. KeyFileError when it cannot be made or read."""
        path = data_dir / _FILE
        if not path.exists():
            _make(path)
        token = read_key(path).decode("ascii", "replace").strip()
        if not _TOKEN.fullmatch(token):
            raise KeyFileError(f"{path} holds no token: remove it, and restart the kiosk and its browser")
        return cls(token)

    def url(self, port: int) -> str:
        """What the browser opens. It is a secret; what stands behind # is sent to no server."""
        return f"http://{HOST}:{port}/#{self._token}"

    def enter(self, token: str) -> str | None:
        """A cookie for whoever shows the token; None for a wrong one. TooManyTriesError after ten in a minute."""
        now_s = self._monotonic()
        if len(self._wrong_s) == _TRIES and now_s - self._wrong_s[0] < _TRIES_IN_S:
            raise TooManyTriesError("too many wrong tokens: wait a minute")
        if not _same(token, self._token):
            self._wrong_s.append(now_s)
            return None
        word = secrets.token_urlsafe(16)
        return f"{word}.{self._seal(word)}"

    def knows(self, cookie: str) -> bool:
        """Whether a cookie was given by this door."""
        word, _, seal = cookie.partition(".")
        return _same(seal, self._seal(word))

    def _seal(self, word: str) -> str:
        return hmac.digest(self._token.encode(), b"cookie\n" + word.encode(), "sha256").hex()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _make(path: Path) -> None:
    try:
        write_new(path, secrets.token_urlsafe(32).encode())
    except KeyFileError:
        if not path.exists():  # else another process made one in this moment
            raise
    else:
        log.info("made the token of the screen %s", path)
