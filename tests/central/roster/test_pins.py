"""PINs that the centre draws: their hashes come with the roster and stay with their person; no PIN is stored."""

import secrets
from datetime import timedelta
from pathlib import Path

import pytest

from central.errors import WrongUseError
from central.keys import make_keys
from central.roster.pins import Slip, draw_slips, keep_slips
from sync.pin import is_right, weakness
from tests.central.roster.office import BUDI, JOKO, SITI, Office, photo
from tests.sync.helpers import UNIT

SITIS_NIP = "198802292014032903"


def draw(office: Office, *people: str) -> dict[str, Slip]:
    """Draw and store PINs as the command does, and return the slips by name."""
    office.now += timedelta(seconds=1)
    opener = office.keys.unit(UNIT)
    slips = draw_slips(office.database, UNIT, opener, people)
    keep_slips(office.database, UNIT, slips, office.keys.agency(), opener, office.now)
    return {slip.name: slip for slip in slips}


def pin_of(office: Office, name: str) -> str | None:
    return office.people()[name][1].pin


def test_everybody_with_a_nip_gets_a_pin_of_their_own_with_the_roster(office: Office) -> None:
    office.push(SITI, BUDI, JOKO)
    before = office.people()
    slips = draw(office)
    assert sorted(slips) == ["Budi", "Siti"]
    after = office.people()
    for name, slip in slips.items():
        document, details = after[name]
        assert (slip.person, slip.nip) == (document.person, details.nip)
        assert weakness(slip.pin, slip.nip) is None
        assert is_right(slip.pin, details.pin)
        assert details == before[name][1].model_copy(update={"pin": details.pin})
        assert document.version > before[name][0].version
    assert not is_right(slips["Budi"].pin, pin_of(office, "Siti"))
    assert after["Joko"] == before["Joko"]
    assert office.manifest().people == {document.person: document.version for document, _ in after.values()}


def test_a_slip_does_not_show_what_is_on_it(office: Office) -> None:
    office.push(SITI)
    slip = draw(office)["Siti"]
    assert not [secret for secret in ("Siti", slip.nip, slip.pin) if secret in repr(slip)]


def test_a_pin_that_is_guessed_first_is_drawn_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.push(SITI)
    drawn = iter([0, 123456, 880229, 7])
    monkeypatch.setattr(secrets, "randbelow", lambda _below: next(drawn))
    assert draw(office)["Siti"].pin == "000007"


def test_a_push_changes_no_pin_and_nobody_because_of_one(office: Office, tmp_path: Path) -> None:
    office.push(SITI, BUDI)
    draw(office)
    manifest, kept = office.manifest(), pin_of(office, "Siti")
    assert office.push(BUDI, SITI).changed == 0
    assert office.manifest() == manifest
    office.photos = tmp_path / "photos"
    office.photos.mkdir()
    photo(office.photos / f"{SITIS_NIP}.jpg")
    assert office.push(SITI.replace("Siti", "Siti A"), BUDI, JOKO).changed == 2
    assert pin_of(office, "Siti A") == kept is not None
    assert draw(office) == {}, "everybody who can have one has one"


def test_photos_stay_when_a_pin_comes(office: Office, tmp_path: Path) -> None:
    office.photos = tmp_path / "photos"
    office.photos.mkdir()
    photo(office.photos / f"{SITIS_NIP}.jpg")
    office.push(SITI)
    draw(office)
    assert len(office.people()["Siti"][1].photos) == 1


def test_who_is_named_gets_another_and_nobody_else(office: Office) -> None:
    office.push(SITI, BUDI)
    first, budis = draw(office)["Siti"], pin_of(office, "Budi")
    second = draw(office, first.person)
    assert list(second) == ["Siti"]
    assert is_right(second["Siti"].pin, pin_of(office, "Siti"))
    assert not is_right(first.pin, pin_of(office, "Siti"))
    assert pin_of(office, "Budi") == budis


def test_who_left_returns_without_it(office: Office) -> None:
    office.push(SITI, BUDI)
    draw(office)
    office.push(BUDI)
    office.push(SITI, BUDI)
    assert pin_of(office, "Siti") is None
    assert pin_of(office, "Budi") is not None
    assert list(draw(office)) == ["Siti"]


def test_who_cannot_have_one_is_named_and_nobody_gets_any(office: Office) -> None:
    with pytest.raises(WrongUseError, match="no roster of"):
        draw(office)
    office.push(SITI, JOKO)
    manifest, ids = office.manifest(), {name: document.person for name, (document, _) in office.people().items()}
    with pytest.raises(WrongUseError, match=f"without a NIP .*: {ids['Joko']}"):
        draw(office, *ids.values())
    with pytest.raises(WrongUseError, match=f"not on the roster of {UNIT}: nobody;"):
        draw(office, ids["Siti"], "nobody")
    assert office.manifest() == manifest
    assert pin_of(office, "Siti") is None


def test_who_leaves_meanwhile_is_not_brought_back(office: Office) -> None:
    office.push(SITI, BUDI)
    opener = office.keys.unit(UNIT)
    slips = draw_slips(office.database, UNIT, opener, ())
    office.push(BUDI)
    with pytest.raises(WrongUseError, match="has just left"):
        keep_slips(office.database, UNIT, slips, office.keys.agency(), opener, office.now)
    assert [pin_of(office, name) for name in office.people()] == [None]


def test_another_unit_key_ends_pins_and_says_so(office: Office, tmp_path: Path) -> None:
    office.photos = tmp_path / "photos"
    office.photos.mkdir()
    photo(office.photos / f"{SITIS_NIP}.jpg")
    office.push(SITI)
    draw(office)
    (office.keys.folder / f"unit-{UNIT}.key").replace(tmp_path / "old.key")
    make_keys(office.keys.folder, [UNIT])
    with pytest.raises(WrongUseError, match="sealed to another key"):
        draw(office)
    assert "line 2: the last push was sealed to another key: give the PIN again" in office.read().notes
    office.push(SITI)
    assert list(draw(office)) == ["Siti"]


def test_the_database_holds_no_pin(office: Office) -> None:
    office.push(SITI, BUDI)
    slips = draw(office).values()
    held = b"".join(office.payload("person", person) for person in office.manifest().people)
    assert len(slips) == held.count(b'"sealed"') == 2
    assert not [slip for slip in slips if slip.pin.encode() in held]
    assert b"argon2" not in held
