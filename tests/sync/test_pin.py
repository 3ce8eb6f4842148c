"""Which PINs are accepted, and how their hashes are kept."""

import pytest
from argon2 import extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

from sync.documents.roster import PersonDetails
from sync.pin import hashed, is_right, weakness

NIP = "198609262015051001"


@pytest.mark.parametrize(
    ("pin", "why"),
    [
        ("12345", "6 digits"), ("1234567", "6 digits"), ("48392a", "6 digits"),
        ("\uff14\uff18\uff13\uff19\uff12\uff10", "6 digits"),
        ("123456", "count"), ("654321", "count"), ("111111", "same"), ("000000", "same"),
        ("860926", "birth"), ("260986", "birth"), ("092686", "birth"), ("198609", "birth"), ("091986", "birth"),
    ],
)  # fmt: skip
def test_pins_that_are_guessed_first_are_not_taken(pin: str, why: str) -> None:
    found = weakness(pin, NIP)
    assert found is not None
    assert why in found
    assert pin not in found


def test_other_pins_are_taken() -> None:
    assert [weakness(pin, NIP) for pin in ("483920", "112233", "860927")] == [None] * 3
    assert weakness("860926", None) is None


def test_a_pin_is_kept_as_a_hash_that_a_document_of_the_roster_carries() -> None:
    kept = hashed("483920")
    assert extract_parameters(kept) == RFC_9106_LOW_MEMORY
    assert PersonDetails(name="Siti", pin=kept).pin == kept
    assert "483920" not in kept
    assert kept != hashed("483920")


def test_only_the_pin_itself_is_right() -> None:
    kept = hashed("483920")
    assert is_right("483920", kept)
    wrong = ["483921", "", "4839200", "\uff14\uff18\uff13\uff19\uff12\uff10"]
    assert [pin for pin in wrong if is_right(pin, kept)] == []
    assert not is_right("483920", None)
    assert not is_right("", None)


def test_what_is_no_hash_lets_nobody_in_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert not is_right("483920", "$argon2id$nonsense")
    assert "cannot be compared" in caplog.text
    assert "483920" not in caplog.text
