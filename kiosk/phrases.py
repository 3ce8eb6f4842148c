"""What people read on the screen: phrases by key, from one catalogue file a language."""

import tomllib
from datetime import datetime
from functools import cache
from importlib.resources import files


@cache
def _catalogue() -> dict[str, str]:
    return tomllib.loads(files("kiosk").joinpath("phrases.id.toml").read_text(encoding="utf-8"))


def phrase(key: str, **values: str) -> str:
    """The Indonesian phrase, its {places} filled in. KeyError for a key that is not in the catalogue."""
    return _catalogue()[key].format(**values)


def clock_time(local: datetime) -> str:
    """The time of day as the screen writes it: 07.28."""
    return local.strftime("%H.%M")


def greeting(local: datetime) -> str:
    """Selamat pagi, siang, sore or malam by the hour."""
    hour = local.hour
    key = "night" if hour < 4 or hour >= 18 else "morning" if hour < 11 else "noon" if hour < 15 else "afternoon"
    return phrase(f"greeting_{key}")
