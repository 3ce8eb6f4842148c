"""The rules of NIP and NI PPPK, by the collected test vectors."""

import re
from datetime import date

import pytest

from sync.nip import NipError, masked, read_nip

TODAY = date(2026, 1, 31)

VALID = {
    "198609262015051001": ("PNS", "L"),
    "199608182022041001": ("PNS", "L"),
    "19880229 201403 2 903": ("PNS", "P"),
    "19700101.199803.2.901": ("PNS", "P"),
    "199105052024211907": ("PPPK", "L"),
    "199009132025242914": ("PPPK", "P"),
}

INVALID = {
    "198702292010011901": "date of birth",
    "198613012010011901": "date of birth",
    "198609262015131901": "neither a month",
    "198609262015053901": "sex",
    "198609262015051000": "Excel",
    "199105052015211907": "before 2019",
    "201005052015051901": "age of 4",
    "199001012030011901": "future",
    "131110468": "old NIP",
    "6408041209860001": "NIK",
    "19860926201505100": "17 digits",
    "198609262015051001".translate({ord(str(n)): 0xFF10 + n for n in range(10)}): "something else",  # full width
    "1.98609E+17": "Excel",
    "1,98609262015051E+17": "Excel",
    "": "something else",
    "1986092620150510012": "19 digits",
    "198609262015051O01": "something else",
    "203001012030011901": "birth lies in the future",
    "199105052027211907": "appointment lies in the future",
    "199105052026021901": "appointment lies in the future",
    "195001012012011901": "age of 62",
}


@pytest.mark.parametrize("text", VALID)
def test_what_keeps_the_rules_is_read(text: str) -> None:
    nip = read_nip(text, TODAY)
    assert (nip.kind, nip.sex) == VALID[text]
    assert nip.digits == re.sub(r"\D", "", text)
    assert nip.warnings == ()
    assert nip.digits not in repr(nip)


@pytest.mark.parametrize("text", INVALID)
def test_what_breaks_one_is_refused_with_the_reason_alone(text: str) -> None:
    with pytest.raises(NipError, match=re.escape(INVALID[text])) as told:
        read_nip(text, TODAY)
    assert not re.search(r"\d{5}", str(told.value).replace("2019", ""))


def test_a_rare_age_is_a_warning() -> None:
    assert read_nip("196501012014011901", TODAY).warnings == ("an appointment at the age of 49 is rare",)
    assert read_nip("199505052012061901", TODAY).warnings == ("an appointment at the age of 17 is rare",)


def test_the_month_of_today_is_not_the_future() -> None:
    assert read_nip("199505052026011901", TODAY).kind == "PNS"
    assert read_nip("199505052026211901", TODAY).kind == "PPPK"


def test_what_is_shown_hides_birth_and_appointment() -> None:
    assert masked("198609262015051001") == "1986****** ***1 001"
