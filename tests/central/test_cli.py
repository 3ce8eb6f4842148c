"""The commands of `kiosk-central`: their output, errors and exit codes."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from central.store.database import CentralDatabase
from kiosk.lab.demo.broker import Broker, free_port
from tests import commands
from tests.brokers import needs_mosquitto
from tests.central.helpers import chain, changed, stored
from tests.sync.helpers import KEY, KIOSK, UNIT

EXAMPLE = Path(__file__).resolve().parents[2] / "central" / "examples" / "policy-kutim.toml"


@dataclass(frozen=True, slots=True)
class Centre:
    folder: Path

    def run(self, *words: str, code: int = 0) -> str:
        """Run a command and return its output: the result, or the error when it fails."""
        done = commands.run("central", *words, cwd=self.folder)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done.stderr if code else done.stdout

    def both(self, *words: str) -> str:
        """Run a command that succeeds, and return its result and its messages."""
        done = commands.run("central", *words, cwd=self.folder)
        done.check_returncode()
        return done.stdout + done.stderr


@pytest.fixture
def centre(tmp_path: Path) -> Centre:
    (tmp_path / "key.pem").write_text(KEY.public.pem)
    return Centre(tmp_path)


def test_a_kiosk_is_added_and_what_it_sent_is_listed(centre: Centre) -> None:
    centre.run("kiosks", "add", UNIT, KIOSK, "key.pem")
    centre.run("kiosks", "add", UNIT, KIOSK, "key.pem")
    payloads = chain(6)
    database = CentralDatabase(f"sqlite:///{centre.folder / 'central.db'}")
    stored(database, [*payloads[:2], payloads[5]])
    database.close()
    (known,) = [json.loads(line) for line in centre.run("kiosks", "list", "--json").splitlines()]
    assert (known["kiosk"], known["unit"], known["through_seq"]) == (KIOSK, UNIT, 2)
    (gap,) = [json.loads(line) for line in centre.run("gaps", "--json").splitlines()]
    assert gap == {"unit": UNIT, "kiosk": KIOSK, "first": 3, "last": 5, "lost": False}
    listed = centre.run("entries", "--kiosk", KIOSK, "--json").encode().splitlines()
    assert listed == [*payloads[:2], payloads[5]]
    assert json.loads(centre.run("rejected", "--json")) == {}


def test_a_record_made_before_no_camera_is_listed_as_no_attendance(centre: Centre) -> None:
    centre.run("kiosks", "add", UNIT, KIOSK, "key.pem")
    (payload,) = chain(1)
    body = json.loads(payload)["body"]
    database = CentralDatabase(f"sqlite:///{centre.folder / 'central.db'}")
    stored(database, [changed(payload, body={**body, "source": "synthetic"})])
    database.close()
    assert centre.run("entries").endswith(" no attendance: made before no camera (synthetic)\n")


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


def test_a_roster_needs_somewhere_to_go(centre: Centre) -> None:
    centre.run("keys", "new", "keys", "--unit", UNIT)
    (centre.folder / "roster.csv").write_text("nama;nip\nSiti;198802292014032903\n")
    push = ("roster", "push", "roster.csv", "--unit", UNIT, "--keys", "keys")
    assert "--broker URL, --to FOLDER" in centre.run(*push, code=2)
    assert centre.run("roster", "list") == "", "nothing was kept"
    centre.run(*push, "--to", "stick")
    (person,) = [json.loads(line) for line in centre.run("roster", "list", "--json").splitlines()]
    assert (person["unit"], person["name"]) == (UNIT, "Siti")
    assert "nip" not in person
    assert (centre.folder / "stick" / f"person-{person['person']}.json").exists()


def test_pins_are_told_once(centre: Centre) -> None:
    centre.run("keys", "new", "keys", "--unit", UNIT)
    (centre.folder / "roster.csv").write_text("nama;nip;nomor internal\nSiti;198802292014032903;\nJoko;;TK-1\n")
    office = ("--unit", UNIT, "--keys", "keys", "--to", "stick")
    centre.run("roster", "push", "roster.csv", *office)
    assert "ids of people, or --everybody" in centre.run("roster", "pin", *office, code=2)
    (slip,) = centre.run("roster", "pin", "--everybody", *office).splitlines()
    assert re.fullmatch(r"Siti, NIP 1988\*{6} \*{3}2 903: PIN \d{6}", slip)
    assert centre.run("roster", "pin", "--everybody", *office) == ""
    listed = [json.loads(line) for line in centre.run("roster", "list", "--json").splitlines()]
    siti = next(person for person in listed if person["name"] == "Siti")
    assert "ids of people, or --everybody" in centre.run(
        "roster", "pin", siti["person"], "--everybody", *office, code=2
    )
    (facts,) = [
        json.loads(line) for line in centre.run("roster", "pin", siti["person"], "--json", *office).splitlines()
    ]
    assert facts == {"person": siti["person"], "name": "Siti", "nip": slip[10:29], "pin": facts["pin"]}
    assert facts["pin"] != slip[-6:]
    with_pin = json.loads((centre.folder / "stick" / f"person-{siti['person']}.json").read_text())
    assert with_pin["version"] > siti["version"]


def test_a_roster_with_a_wrong_line_is_wrong_use_and_tells_no_number(centre: Centre) -> None:
    centre.run("keys", "new", "keys", "--unit", UNIT)
    (centre.folder / "roster.csv").write_text("nama;nip\nSiti;198802292014039003\n")
    told = centre.run("roster", "push", "roster.csv", "--unit", UNIT, "--keys", "keys", "--to", "stick", code=2)
    assert "line 2: nip: digit 15" in told
    assert "1988" not in told
    assert not (centre.folder / "stick").exists()


def test_keys_that_are_not_there_are_named(centre: Centre) -> None:
    (centre.folder / "keys").mkdir()
    (centre.folder / "roster.csv").write_text("nama;nip\nSiti;198802292014032903\n")
    told = centre.run("roster", "push", "roster.csv", "--unit", UNIT, "--keys", "keys", "--to", "stick", code=2)
    assert "agency.key cannot be read" in told


@needs_mosquitto
def test_a_broker_that_is_away_is_a_failure_and_the_next_push_does_the_rest(centre: Centre) -> None:
    centre.run("keys", "new", "keys", "--unit", UNIT)
    (centre.folder / "roster.csv").write_text("nama;nip\nSiti;198802292014032903\n")
    push = ("roster", "push", "roster.csv", "--unit", UNIT, "--keys", "keys", "--broker")
    told = centre.run(*push, f"mqtt://127.0.0.1:{free_port()}", code=1)
    assert "cannot reach" in told
    with Broker(centre.folder) as broker:
        done = centre.both(*push, f"mqtt://127.0.0.1:{broker.port}")
    assert "0 new or changed" in done
    assert "2 documents published" in done


@pytest.mark.parametrize(
    "words", [["say"], ["report", "x"], ["resend_from", "x"], ["report", "--to", "3"], ["say", "x" * 201], ["dance"]]
)
def test_what_is_no_command_is_wrong_use(centre: Centre, words: list[str]) -> None:
    broker = f"mqtt://127.0.0.1:{free_port()}"
    centre.run("command", UNIT, KIOSK, *words, "--keys", "keys", "--broker", broker, code=2)


def test_there_is_no_policy_before_one_is_pushed(centre: Centre) -> None:
    assert "policy push" in centre.run("policy", "show", UNIT, code=2)


def test_the_example_of_a_policy_can_be_pushed(centre: Centre) -> None:
    centre.run("keys", "new", "keys", "--unit", UNIT)
    centre.run("policy", "push", str(EXAMPLE), "--unit", UNIT, "--keys", "keys", "--to", "stick")
    assert json.loads(centre.run("policy", "show", UNIT, "--json")) == json.loads(
        (centre.folder / "stick" / "policy.json").read_text()
    )
