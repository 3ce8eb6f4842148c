"""Which PINs may be given to a person: six digits that nobody guesses first."""

from itertools import pairwise
from typing import Final

DIGITS: Final = 6
_BIRTH: Final = 8
"""Digits of a NIP that say the date of birth, YYYYMMDD."""


def weakness(pin: str, nip: str | None) -> str | None:
    """Why a PIN is not taken, or None. The text does not repeat it."""
    if len(pin) != DIGITS or not (pin.isascii() and pin.isdigit()):
        return f"a PIN has {DIGITS} digits"
    steps = {int(after) - int(before) for before, after in pairwise(pin)}
    if steps in ({0}, {1}, {-1}):
        return "the digits are all the same, or count up or down"
    if nip is not None and pin in _births(nip):
        return "it is the date of birth"
    return None


def _births(nip: str) -> set[str]:
    """A date of birth in the six digits that people make of it."""
    year, month, day = nip[:4], nip[4:6], nip[6:_BIRTH]
    return {day + month + year[2:], year[2:] + month + day, month + day + year[2:], year + month, month + year}
