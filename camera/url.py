"""Parsing of camera URLs, `scheme:path?option=value&...`. Errors name the option and what is allowed."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from camera.errors import CameraUrlError


@dataclass(slots=True)
class UrlOptions:
    """The options of one URL. A driver reads each of its options once; `finish` then refuses all others.

    Every method but `finish` returns the option called `name`, or the default, and raises `CameraUrlError`.
    """

    scheme: str
    values: dict[str, str]
    asked: list[str] = field(default_factory=list)

    def number(self, name: str, default: float, low: float, high: float) -> float:
        """A number from `low` to `high`."""
        text = self._take(name)
        if text is None:
            return default
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise self._wrong(name, text, f"a number from {low:g} to {high:g}")
        return value

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number from `low` to `high`."""
        text = self._take(name)
        if text is None:
            return default
        if not text.isdecimal() or not low <= int(text) <= high:
            raise self._wrong(name, text, f"a whole number from {low} to {high}")
        return int(text)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A truth value, written 0 or 1."""
        return self.choice(name, "1" if default else "0", ("0", "1")) == "1"

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        """One of the allowed words."""
        text = self._take(name)
        if text is None:
            return default
        if text not in allowed:
            raise self._wrong(name, text, " or ".join(allowed))
        return text

    def size(self, name: str, default: tuple[int, int]) -> tuple[int, int]:
        """A size WIDTHxHEIGHT in px, 64 to 4096 each."""
        text = self._take(name)
        if text is None:
            return default
        width, _, height = text.partition("x")
        if not (width.isdecimal() and height.isdecimal() and all(64 <= int(n) <= 4096 for n in (width, height))):
            raise self._wrong(name, text, "WIDTHxHEIGHT in pixels, each from 64 to 4096, such as 640x480")
        return int(width), int(height)

    def text(self, name: str) -> str | None:
        """Any text, such as the name of a file, percent-decoded. None when it is not given."""
        return self._take(name)

    def finish(self) -> None:
        """Raise `CameraUrlError` for an option that the driver has not read."""
        for name in self.values:
            if name not in self.asked:
                raise CameraUrlError(
                    f"{self.scheme}: has no option {name!r}; it has {', '.join(sorted(self.asked)) or 'none'}"
                )

    def _take(self, name: str) -> str | None:
        self.asked.append(name)
        return self.values.get(name)

    def _wrong(self, name: str, text: str, allowed: str) -> CameraUrlError:
        return CameraUrlError(f"{self.scheme}: option {name}={text!r} is not {allowed}")


def split_url(url: str) -> tuple[str, str, UrlOptions]:
    """Scheme, path and options of a camera URL.

    The path is percent-decoded (`%3F` stands for a `?` in a file name). Raises `CameraUrlError` when the URL has no
    scheme or path, or an option has no value or is given twice.
    """
    scheme, colon, rest = url.partition(":")
    path, _, query = rest.partition("?")
    if not colon or not path:
        raise CameraUrlError(f"{url!r} is not a camera URL: write SCHEME:PATH, such as file:walk.mp4")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError as error:
        raise CameraUrlError(f"{scheme}: options are written ?name=value&name=value, not {query!r}") from error
    values = dict(pairs)
    if len(values) < len(pairs):
        raise CameraUrlError(f"{scheme}: an option is given twice in {query!r}")
    return scheme, unquote(path), UrlOptions(scheme, values)
