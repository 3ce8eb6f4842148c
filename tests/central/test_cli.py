"""`kiosk-central` as a person uses it."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from central.store.database import Database
from tests.brokers import free_port
from tests.central.helpers import chain, stored
from tests.sync.helpers import KEY, KIOSK, UNIT


@dataclass(frozen=True, slots=True)
class Centre:
    folder: Path

    def run(self, *words: str, code: int = 0) -> str:
        """What it writes: the result, or the error of a run that fails."""
        command = [sys.executable, "-m", "central", *words]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done.stderr if code else done.stdout


@pytest.fixture
def centre(tmp_path: Path) -> Centre:
    (tmp_path / "key.pem").write_text(KEY.public.pem)
    return Centre(tmp_path)


def test_a_kiosk_is_added_and_what_it_sent_is_listed(centre: Centre) -> None:
    centre.run("kiosks", "add", UNIT, KIOSK, "key.pem")
    centre.run("kiosks", "add", UNIT, KIOSK, "key.pem")
    payloads = chain(6)
    database = Database(f"sqlite:///{centre.folder / 'central.db'}")
    stored(database, [*payloads[:2], payloads[5]])
    database.close()
    (known,) = [json.loads(line) for line in centre.run("kiosks", "list", "--json").splitlines()]
    assert (known["kiosk"], known["unit"], known["through_seq"]) == (KIOSK, UNIT, 2)
    (gap,) = [json.loads(line) for line in centre.run("gaps", "--json").splitlines()]
    assert gap == {"unit": UNIT, "kiosk": KIOSK, "first": 3, "last": 5, "lost": False}
    listed = centre.run("entries", "--kiosk", KIOSK, "--json").encode().splitlines()
    assert listed == [*payloads[:2], payloads[5]]
    assert json.loads(centre.run("rejected", "--json")) == {}


def test_another_key_for_a_known_kiosk_is_wrong_use(centre: Centre) -> None:
    centre.run("kiosks", "add", UNIT, KIOSK, "key.pem")
    assert "for ever" in centre.run("kiosks", "add", "elsewhere", KIOSK, "key.pem", code=2)


def test_what_is_no_key_is_wrong_use_and_names_the_file(centre: Centre) -> None:
    (centre.folder / "rubbish").write_text("rubbish")
    assert "rubbish" in centre.run("kiosks", "add", UNIT, KIOSK, "rubbish", code=2)
    assert "nowhere" in centre.run("kiosks", "add", UNIT, KIOSK, "nowhere", code=2)


@pytest.mark.parametrize("broker", ["", "localhost", "http://x", "mqtt://user:secret@x", "mqtt://x:99999", "mqtt://"])
def test_what_is_no_broker_is_wrong_use_and_tells_no_password(centre: Centre, broker: str) -> None:
    told = centre.run("receive", "--broker", broker, code=2)
    assert "expected mqtt://" in told
    assert "secret" not in told


def test_a_database_that_is_not_there_is_a_failure_without_its_password(centre: Centre) -> None:
    told = centre.run("gaps", "--database", f"postgresql://x:secret@127.0.0.1:{free_port()}/x", code=1)
    assert "cannot be used" in told
    assert "secret" not in told
