"""PINs of six digits: which are too easy to guess, and their argon2id hashes. The PIN itself is never kept."""

import logging
from itertools import pairwise
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

log = logging.getLogger(__name__)

DIGITS: Final = 6
_BIRTH: Final = 8
"""How many digits at the beginning of a NIP are the date of birth, YYYYMMDD."""

_HASHER: Final = PasswordHasher()
"""argon2id, RFC 9106's second recommended choice: 64 MiB, three passes, four lanes."""


def weakness(pin: str, nip: str | None) -> str | None:
    """Return why a PIN is not accepted, None when it is. The text does not repeat the PIN."""
    if len(pin) != DIGITS or not (pin.isascii() and pin.isdigit()):
        return f"a PIN has {DIGITS} digits"
    steps = {int(after) - int(before) for before, after in pairwise(pin)}
    if steps in ({0}, {1}, {-1}):
        return "the digits are all the same, or count up or down"
    if nip is not None and pin in _births(nip):
        return "it is the date of birth"
    return None


def hashed(pin: str) -> str:
    """Return the argon2id hash of a PIN in its usual text form. The salt is random, so equal PINs differ in it."""
    return _HASHER.hash(pin)


def is_right(pin: str, kept: str | None) -> bool:
    """Whether `pin` is the PIN whose hash is kept; False when no hash is kept."""
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
    """Return the date of birth in a NIP in the orders of six digits that people use for it."""
    year, month, day = nip[:4], nip[4:6], nip[6:_BIRTH]
    return {day + month + year[2:], year[2:] + month + day, month + day + year[2:], year + month, month + year}
