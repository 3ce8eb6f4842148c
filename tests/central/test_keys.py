"""The agency's keys: made once, readable by their owner only, never overwritten."""

import stat
import tomllib
from pathlib import Path

import pytest

from central.keys import AgencyKeys, make_keys
from kiosk.settings import AgencySettings
from sync.errors import ContractError, KeyFileError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_keys(tmp_path / "keys", ["sangatta-utara", "busang"])
    return tmp_path / "keys"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_file_is_its_owners_alone(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert sorted(contents(folder)) == [
        "agency-seal.key",
        "agency.key",
        "kiosk-agency.toml",
        "receiver.key",
        "unit-busang.key",
        "unit-sangatta-utara.key",
    ]


def test_a_kiosk_takes_the_table_as_it_is(folder: Path) -> None:
    keys = AgencyKeys(folder)
    pinned = AgencySettings.model_validate(tomllib.loads(keys.kiosks())["agency"]).pinned()
    assert pinned.agency == keys.agency().public
    assert pinned.receiver == keys.receiver().public
    assert pinned.seal_to is not None
    sealed = keys.unit("busang").public.seal(b"it", "purpose")
    assert keys.unit("busang").open(sealed, "purpose") == b"it"


def test_nothing_is_overwritten(folder: Path) -> None:
    before = contents(folder)
    with pytest.raises(KeyFileError, match=r"unit-busang\.key"):
        make_keys(folder, ["new", "busang"])
    assert contents(folder) == before


def test_a_unit_more_gets_its_key_though_the_agencys_lies_in_the_safe(folder: Path) -> None:
    (folder / "agency.key").unlink()
    (folder / "agency-seal.key").unlink()
    before = contents(folder)
    assert make_keys(folder, ["telen"]) == ["unit-telen.key"]
    after = contents(folder)
    assert after.pop("unit-telen.key")
    assert after == before


def test_a_name_that_is_no_slug_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="not usable"):
        make_keys(tmp_path / "keys", ["a", "../b"])
    assert not (tmp_path / "keys").exists()
