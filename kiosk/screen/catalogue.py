"""The phrases that people read and hear, by key, from one catalogue file for each language."""

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
    """Returns every phrase of a language by its key."""
    return tomllib.loads(files("kiosk.screen").joinpath(f"phrases.{language}.toml").read_text(encoding="utf-8"))


class Phrase:
    """A phrase, in no language yet: its key, and the values for its {places}, which are texts or other phrases."""

    def __init__(self, key: str, **values: str | Phrase) -> None:
        self.key = key
        self.values = values

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Phrase) and (self.key, self.values) == (other.key, other.values)

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return f"Phrase({self.key!r})"  # without the values, one of which may be a name


class Words:
    """The catalogue of one language."""

    def __init__(self, language: Language = "id") -> None:
        self.language = language
        self._phrases = catalogue(language)

    def say(self, phrase: Phrase) -> str:
        """Returns the text of a phrase with its places filled. Raises KeyError for a key that the catalogue lacks."""
        values = {
            name: self.say(value) if isinstance(value, Phrase) else value for name, value in phrase.values.items()
        }
        return self._phrases[phrase.key].format(**values)

    def help(self, phrase: Phrase) -> str:
        """Returns the second, smaller text that says what to do; an empty text where there is none."""
        return self._phrases.get(f"{phrase.key}_help", "").format(**phrase.values)

    def all(self) -> Mapping[str, str]:
        """Returns every phrase by its key, for the labels of a page."""
        return self._phrases


def clock_time(local: datetime) -> str:
    """Returns the time of day as the screen writes it, such as 07.28."""
    return local.strftime("%H.%M")


def greeting(local: datetime) -> Phrase:
    """Returns the greeting for the hour: morning, noon, afternoon or night."""
    hour = local.hour
    key = "night" if hour < 4 or hour >= 18 else "morning" if hour < 11 else "noon" if hour < 15 else "afternoon"
    return Phrase(f"greeting_{key}")
