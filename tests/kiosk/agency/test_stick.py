"""`kiosk documents`: each command is a process."""

import os
from pathlib import Path

import pytest

from kiosk.agency.store import Documents
from kiosk.people import People
from kiosk.storage.vault import DeviceSecret
from tests.agency import BUDI, SITI, Agency
from tests.kiosk.desk import Desk, desk_in


@pytest.fixture
def agency() -> Agency:
    return Agency("u-1")


@pytest.fixture
def desk(tmp_path: Path, agency: Agency) -> Desk:
    agency.opener.save(tmp_path / "unit.key")
    desk = desk_in(tmp_path, f'[agency]\nkey = "{agency.key.public.text}"\n')
    (tmp_path / "unit.key").rename(tmp_path / "data" / "unit.key")
    return desk


def stick(folder: Path, **files: bytes) -> Path:
    made = folder / "stick"
    made.mkdir(exist_ok=True)
    for name, payload in files.items():
        (made / f"{name}.json").write_bytes(payload)
    return made


def test_what_is_taken_is_said_and_the_second_time_changes_nothing(desk: Desk, agency: Agency) -> None:
    files = {"policy": agency.policy(3), "manifest": agency.manifest(4, {SITI: 1})}
    files |= {f"person-{person}": agency.person(person, 1, "Somebody") for person in (SITI, BUDI)}
    folder = stick(desk.folder, **files)
    first = desk.run("documents", "import", str(folder))
    assert first.code == 0
    assert first.err.splitlines() == [
        "policy.json is taken",
        "manifest.json is taken",
        f"person-{SITI}.json is taken",
        f"person-{BUDI}.json is not taken: no roster here names it yet; import its manifest.json too",
    ]
    again = desk.run("documents", "import", str(folder))
    assert "policy.json was here before" in again.err
    (facts,) = desk.run("documents", "status", "--json").documents
    assert (facts["policy"], facts["roster"], facts["roster_people"], facts["waiting"]) == (3, 4, 1, 1)
    assert (facts["policy_applied"], facts["roster_applied"]) == (None, None), "no daemon has run yet"


def test_a_refused_one_fails_and_is_told_to_the_ledger(desk: Desk) -> None:
    done = desk.run("documents", "import", str(stick(desk.folder, policy=Agency("u-1").policy(1))))
    assert done.code == 1
    assert "policy.json is refused (signature): its signature is not of the key that is pinned here" in done.err
    (facts,) = desk.run("ledger", "status", "--json").documents
    assert facts["last_seq"] == 1
    (state,) = desk.run("documents", "status", "--json").documents
    assert state["policy"] is None


def test_a_folder_without_documents_is_wrong_use(desk: Desk, tmp_path: Path) -> None:
    desk.fails(2, "holds no policy.json", "documents", "import", str(stick(tmp_path)))
    desk.fails(2, "cannot be read: No such file", "documents", "import", str(tmp_path / "nowhere"))


@pytest.mark.parametrize("command", ["import", "status"])
def test_without_the_secret_that_people_are_encrypted_with_nothing_is_begun_with_another(
    desk: Desk, agency: Agency, tmp_path: Path, command: str
) -> None:
    """A daemon that has its secret from systemd could not open what was, and would not start again."""
    data, credential = tmp_path / "data", tmp_path / "device-secret"
    credential.write_bytes(os.urandom(32))
    with People(data / "people.db", DeviceSecret(data / "device.secret", credential)):
        pass
    given = [str(stick(desk.folder, policy=agency.policy(3)))] if command == "import" else []
    done = desk.run("documents", command, *given)
    assert done.code != 0
    assert "device.secret is gone" in done.err
    assert not (data / "device.secret").exists()
    with Documents(data / "documents.db", DeviceSecret(data / "device.secret", credential)) as store:
        assert store.held("policy") is None
