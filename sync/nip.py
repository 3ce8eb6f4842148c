"""The number of a civil servant, NIP or NI PPPK: 18 digits that hold birth, appointment, sex and a serial. No I/O.

There is no check digit, so a number that keeps all rules may still be mistyped. Messages never repeat the number.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from sync.errors import ContractError

DIGITS: Final = 18
EXCEL: Final = "Excel has made a number of it and rounded it: make the column text before typing or pasting"
_OTHER_NUMBERS: Final = {9: "the old NIP of 9 digits", 16: "a NIK, the number of the identity card"}
_HARD_AGES: Final = range(17, 61)
_USUAL_AGES: Final = range(18, 47)
_FIRST_PPPK: Final = 2019


class NipError(ContractError):
    """The text is no NIP or NI PPPK. The message does not repeat it."""


@dataclass(frozen=True, slots=True)
class Nip:
    """A number that keeps the rules; `sex` is L (male) or P (female). `warnings` name what is allowed but rare."""

    digits: str = field(repr=False)
    kind: Literal["PNS", "PPPK"]
    sex: Literal["L", "P"]
    warnings: tuple[str, ...] = ()


def read_nip(text: str, today: date) -> Nip:
    """Read a number as people write it, with spaces, dots or hyphens.

    Raises:
        NipError: the number breaks a rule (Perka BKN 22/2007, Peraturan BKN 1/2019).
    """
    digits = _digits(text)
    birth = _birth(digits[:8], today)
    kind, age = _appointment(digits[8:14], birth, today)
    if digits[14] not in "12":
        raise NipError("digit 15, the sex, is neither 1 nor 2")
    if digits[15:] == "000":
        raise NipError(f"the serial is 000: {EXCEL}")
    if age not in _HARD_AGES:
        raise NipError(f"an appointment at the age of {age}")
    warnings = () if age in _USUAL_AGES else (f"an appointment at the age of {age} is rare",)
    return Nip(digits, kind, "L" if digits[14] == "1" else "P", warnings)


def _digits(text: str) -> str:
    if re.search(r"\dE\+?\d", text, re.IGNORECASE):
        raise NipError(EXCEL)
    bare = re.sub(r"[ .-]", "", text)
    if not bare.isascii() or not bare.isdigit():
        raise NipError("it holds something else than the digits 0 to 9")
    if len(bare) != DIGITS:
        told = _OTHER_NUMBERS.get(len(bare))
        raise NipError(f"{len(bare)} digits instead of {DIGITS}" + (f": is it {told}?" if told else ""))
    return bare


def _birth(digits: str, today: date) -> date:
    try:
        birth = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise NipError("digits 1 to 8 are no date of birth") from None
    if birth > today:
        raise NipError("the birth lies in the future")
    return birth


def _appointment(digits: str, birth: date, today: date) -> tuple[Literal["PNS", "PPPK"], int]:
    """Return the kind of contract, and the age in years at its beginning."""
    year, code = int(digits[:4]), int(digits[4:])
    if 1 <= code <= 12:
        if (year, code) > (today.year, today.month):
            raise NipError("the appointment lies in the future")
        return "PNS", year - birth.year - ((code, 1) < (birth.month, birth.day))
    if not 21 <= code <= 29:
        raise NipError("digits 13 and 14 are neither a month (PNS) nor 21 to 29 (PPPK)")
    if year < _FIRST_PPPK:
        raise NipError(f"there is no PPPK from before {_FIRST_PPPK}")
    if year > today.year:
        raise NipError("the appointment lies in the future")
    return "PPPK", year - birth.year


def masked(digits: str) -> str:
    """Return the number with month and day of birth and the appointment masked. This form may be shown."""
    return f"{digits[:4]}****** ***{digits[14:15]} {digits[15:]}"
