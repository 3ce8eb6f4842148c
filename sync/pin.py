"""PINs: six digits that nobody guesses first, kept as an argon2id hash and never as they are."""

import logging
from itertools import pairwise
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

log = logging.getLogger(__name__)

DIGITS: Final = 6
_BIRTH: Final = 8
"""Digits of a NIP that say the date of birth, YYYYMMDD."""

_HASHER: Final = PasswordHasher()
"""argon2id, RFC 9106's second recommended choice: 64 MiB, three passes, four lanes."""


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


def hashed(pin: str) -> str:
    """A PIN as it is kept, in argon2's usual text form. The same one is never hashed to the same text twice."""
    return _HASHER.hash(pin)


def is_right(pin: str, kept: str | None) -> bool:
    """Whether it is the PIN that was hashed; never where none is kept."""
    if kept is None:
        return False
    try:
        return _HASHER.verify(kept, pin if pin.isascii() else "")
    except VerifyMismatchError:
        return False
    except (VerificationError, InvalidHashError) as error:
        log.error("a PIN cannot be compared with the hash that is kept, and is refused: %s", error)  # noqa: TRY400
        return False


def _births(nip: str) -> set[str]:
    """A date of birth in the six digits that people make of it."""
    year, month, day = nip[:4], nip[4:6], nip[6:_BIRTH]
    return {day + month + year[2:], year[2:] + month + day, month + day + year[2:], year + month, month + year}
