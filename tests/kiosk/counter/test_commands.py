"""`kiosk people pin` and `officer`: how the first officer of a kiosk without a roster comes to be."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from kiosk import settings as settings_file
from kiosk.app import parts
from kiosk.cli.main import app
from kiosk.lab.demo.broker import free_port
from kiosk.people import Details, Person, Shot
from kiosk.people.store import Origin
from kiosk.runtime.errors import UnknownPersonError, UsageError
from sync.contract import EventEntry
from sync.nip import NipError
from sync.pin import is_right
from tests.kiosk.counter.bench import BUDI, SITI

PIN = "483920"
NOW = datetime(2026, 1, 5, 7, 28, tzinfo=UTC)


class Kiosk:
    """A kiosk's folder, and its command line."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "kiosk.toml"
        self.config.write_text(
            f'[kiosk]\nid = "k-1"\nunit = "u-1"\ndata_dir = "{folder}"\n[site]\nlat = 0.5\nlon = 117.5\n'
            f"[broker]\nport = {free_port()}\n"
        )
        self.settings = settings_file.load(self.config)

    def put(self, person: str, nip: str | None = None, origin: Origin = "wall") -> None:
        shot = Shot(np.eye(128, dtype=np.float32)[0], None)
        with parts.people(self.settings) as people:
            people.put(person, Details(name=person, nip=nip), "test@1", [shot], NOW, origin)

    def run(self, *arguments: str, typed: str = "") -> str:
        """What a command says; its error is raised."""
        done = CliRunner().invoke(app, ["people", *arguments, "--config", str(self.config)], input=typed)
        if done.exception is not None:
            raise done.exception
        return done.output

    def person(self, id_: str) -> Person:
        with parts.people(self.settings) as people:
            return next(person for person in people.all() if person.id == id_)

    def events(self) -> list[tuple[str, dict[str, object]]]:
        with parts.ledger(self.settings) as ledger:
            found = [entry.body for entry in ledger.entries() if isinstance(entry, EventEntry)]
        return [(body.type, body.detail.model_dump()) for body in found]


@pytest.fixture
def kiosk(tmp_path: Path) -> Kiosk:
    kiosk = Kiosk(tmp_path)
    kiosk.put("siti", SITI)
    return kiosk


def test_a_person_is_given_a_pin_and_made_an_officer_and_none_again(kiosk: Kiosk) -> None:
    shots = kiosk.person("siti").shots
    assert "give them a PIN" in kiosk.run("officer", "siti")
    output = kiosk.run("pin", "siti", typed=f"{PIN}\n{PIN}\n")
    assert PIN not in output
    details = kiosk.person("siti").details
    assert details.officer
    assert is_right(PIN, details.pin)
    assert not is_right("483921", details.pin)
    assert (details.name, details.nip, kiosk.person("siti").shots) == ("siti", SITI, shots)
    kiosk.run("officer", "siti")
    kiosk.run("officer", "siti", "--remove")
    assert not kiosk.person("siti").details.officer
    assert kiosk.events() == [
        ("officer_changed", {"person": "siti", "officer": True}),
        ("pin_set", {"person": "siti"}),
        ("officer_changed", {"person": "siti", "officer": False}),
    ]


def test_who_was_enrolled_without_a_nip_is_asked_for_it(kiosk: Kiosk) -> None:
    kiosk.put("budi")
    with pytest.raises(NipError):
        kiosk.run("pin", "budi", typed="12345\n")
    with pytest.raises(UsageError, match="somebody else"):
        kiosk.run("pin", "budi", typed=f"{SITI}\n")
    assert kiosk.events() == []
    kiosk.run("pin", "budi", typed=f"19860926 201505 1 001\n{PIN}\n{PIN}\n")
    assert kiosk.person("budi").details.nip == BUDI


@pytest.mark.parametrize("pin", ["123456", "111111", "900101", "12345"])
def test_a_weak_pin_changes_nothing(kiosk: Kiosk, pin: str) -> None:
    with pytest.raises(UsageError) as refused:
        kiosk.run("pin", "siti", typed=f"{pin}\n{pin}\n")
    assert pin not in str(refused.value)
    assert kiosk.person("siti").details.pin is None
    assert kiosk.events() == []


def test_what_the_roster_says_is_changed_there(kiosk: Kiosk) -> None:
    kiosk.put("budi", BUDI, "roster")
    for command in (("pin", "budi"), ("officer", "budi")):
        with pytest.raises(UsageError, match="roster"):
            kiosk.run(*command)
        with pytest.raises(UnknownPersonError):
            kiosk.run(command[0], "nobody")
    assert kiosk.events() == []
