"""What people read and hear: phrases by key, from one catalogue file a language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

Language = Literal["id", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Every phrase of a language by its key."""
    return tomllib.loads(files("kiosk.screen").joinpath(f"phrases.{language}.toml").read_text(encoding="utf-8"))


class Phrase:
    """A phrase by its key and what stands in its {places}: text, or another line. It has no language yet."""

    def __init__(self, key: str, **values: str | Phrase) -> None:
        self.key = key
        self.values = values

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Phrase) and (self.key, self.values) == (other.key, other.values)

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return f"Line({self.key!r})"  # a value may be somebody's name


class Words:
    """The catalogue in one language."""

    def __init__(self, language: Language = "id") -> None:
        self.language = language
        self._phrases = catalogue(language)

    def say(self, line: Phrase) -> str:
        """The phrase with its places filled. KeyError for a key that is not in the catalogue."""
        values = {name: self.say(value) if isinstance(value, Phrase) else value for name, value in line.values.items()}
        return self._phrases[line.key].format(**values)

    def help(self, line: Phrase) -> str:
        """The second, smaller line that says what to do; nothing where the phrase says it all."""
        return self._phrases.get(f"{line.key}_help", "").format(**line.values)

    def all(self) -> Mapping[str, str]:
        """Every phrase, for the labels of a page."""
        return self._phrases


def clock_time(local: datetime) -> str:
    """The time of day as the screen writes it: 07.28."""
    return local.strftime("%H.%M")


def greeting(local: datetime) -> Phrase:
    """Selamat pagi, siang, sore or malam by the hour."""
    hour = local.hour
    key = "night" if hour < 4 or hour >= 18 else "morning" if hour < 11 else "noon" if hour < 15 else "afternoon"
    return Phrase(f"greeting_{key}")
