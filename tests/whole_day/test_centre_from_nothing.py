"""docs/central.md, command by command: a centre from nothing, and the real daemon that it gives its people to."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from central.store.database import CentralDatabase
from central.store.tables import parcels
from kiosk.app import parts
from sync.parcels import ParcelCounts
from tests import commands
from tests.brokers import needs_mosquitto
from tests.kiosk.reading import words
from tests.waiting import LIMIT_S
from tests.whole_day.harness import Kiosk, office, page, token_of, walk

pytestmark = needs_mosquitto

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "central.md").read_text("utf-8")
PROGRAMS: dict[str, commands.Program] = {"kiosk": "kiosk", "kiosk-central": "central"}
NIP = "198802292014032903"
POLICY = """
default_schedule = "reg5"
evidence = "records"
stages = [{{ at = {at}, stage = "trial" }}]
[[schedules.reg5.profiles]]
[[schedules.reg5.profiles.shifts]]
name = "always"
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
sessions = [{{ session = "in", opens = "00:00", closes = "00:00+1" }}]
"""


def blocks(kind: str, section: str = GUIDE) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", section, re.DOTALL)


def lines(heading: str) -> list[str]:
    """The commands of one section of the guide."""
    section = GUIDE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    found = "".join(blocks("sh", section)).splitlines()
    assert found
    return found


class Desk:
    """Where the guide's commands are typed: its kiosk `lobby` and its broker are those of the test."""

    def __init__(self, folder: Path, kiosk: Kiosk) -> None:
        self.folder = folder
        self.told: list[str] = []
        self._kiosk = kiosk
        broker = kiosk.settings.broker
        self._names = {"mqtt://localhost": f"mqtt://{broker.host}:{broker.port}", "lobby": kiosk.settings.kiosk.id}

    def words(self, line: str) -> list[str]:
        for name, here in self._names.items():
            line = line.replace(name, here)
        return shlex.split(line)

    def run(self, line: str) -> str:
        """What a command writes."""
        line, _, file = line.partition(" > ")
        environment = os.environ | {"KIOSK_CONFIG": str(self._kiosk.config)}
        program, *words = self.words(line)
        done = commands.run(PROGRAMS[program], *words, cwd=self.folder, env=environment)
        assert done.returncode == 0, f"{line}: {done.stderr}\n{self._kiosk.log}"
        self.told.append(done.stderr)
        if file:
            (self.folder / file.replace("lobby", self._names["lobby"])).write_text(done.stdout)
        return done.stdout

    @contextmanager
    def in_background(self, line: str) -> Iterator[None]:
        program, *words = self.words(line.removesuffix("&"))
        command = [sys.executable, "-m", PROGRAMS[program], *words]
        child = subprocess.Popen(command, cwd=self.folder, stderr=subprocess.PIPE, text=True)
        try:
            assert child.stderr
            assert child.stderr.readline().startswith("receiving from")
            yield
        finally:
            child.terminate()
            self.told.append(child.communicate(timeout=LIMIT_S)[1])


def evidence_of(database: CentralDatabase, record: str) -> int:
    """How much of it is at the centre."""
    with database.transaction() as connection:
        return len(connection.execute(parcels.select().where(parcels.c.key == record)).all())


def provision(desk: Desk, kiosk: Kiosk) -> None:
    """What a technician does at the device."""
    table = (desk.folder / "keys" / "kiosk-agency.toml").read_text()
    assert "agency" in tomllib.loads(table)
    kiosk.config.write_text(kiosk.config.read_text().replace("receipts = false", "receipts = true") + table)
    unit_key = desk.folder / "keys" / f"unit-{kiosk.settings.kiosk.unit}.key"
    shutil.copy(unit_key, kiosk.settings.kiosk.data_dir / "unit.key")


def has_pin(kiosk: Kiosk) -> bool:
    """Whether somebody's has come."""
    with parts.people(kiosk.settings) as people:
        return any(person.details.pin is not None for person in people.all())


def use_pin(kiosk: Kiosk, pin: str) -> None:
    """What the kiosk says to its person, and to whoever guesses."""
    client, guess = page(kiosk, token_of(kiosk)), f"{(int(pin) + 1) % 10**6:06}"
    for given, status, told in ((guess, 403, words("pin_wrong")), (pin, 200, "sudah presensi")):
        answer = client.post("/pin", {"nip": NIP, "pin": given, "reason": "injury"})
        assert (answer[0], told in answer[1].decode()) == (status, True), answer
    assert client.post("/officer/sign-in", {"nip": NIP, "pin": guess})[0] == 403
    assert client.post("/officer/sign-in", {"nip": NIP, "pin": pin})[0] == 200


@pytest.mark.timeout(300)
def test_the_guide_leads_from_nothing_to_a_face_that_proves_a_record(tmp_path: Path, known: Path) -> None:
    folder = tmp_path / "centre"
    (folder / "photos").mkdir(parents=True)
    shutil.copy(known, folder / "photos" / f"{NIP}-1.jpg")
    begun = (datetime.now(UTC) - timedelta(days=1)).isoformat(timespec="seconds")
    (folder / "policy.toml").write_text(POLICY.format(at=begun))
    (folder / "roster.csv").write_text(blocks("csv")[0], "utf-8")
    with office(tmp_path, walk(known, "&loop=1")) as (_place, kiosk):
        desk = Desk(folder, kiosk)
        for line in lines("Keys"):
            desk.run(line)
        provision(desk, kiosk)
        *first, receive = lines("The first kiosk")
        for line in first:
            desk.run(line)
        with desk.in_background(receive):
            kiosk.start_ready()
            assert '"trial"' in [desk.run(line) for line in lines("The policy")][-1]
            listed = [desk.run(line) for line in lines("The roster")][-1]
            assert [line.split(" ", 2)[2] for line in listed.splitlines()] == ["Joko Susilo", "Siti Aminah"]
            kiosk.wait(lambda: kiosk.said("recorded"), "record of whom the centre made known")
            (record,) = kiosk.records()
            assert record.body.person in listed.splitlines()[1]
            assert not has_pin(kiosk)
            (slip,) = [desk.run(line) for line in lines("PINs")]
            assert slip.startswith("Siti Aminah, NIP 1988****** ***2 903: PIN "), "and the other has no NIP"
            pin = slip.split()[-1]
            kiosk.wait(lambda: has_pin(kiosk), "PIN by the roster")
            use_pin(kiosk, pin)
            for line in lines("Offices that no network reaches"):
                desk.run(line)
            assert len(list((folder / "stick").iterdir())) == 4
            answers = [desk.run(line) for line in lines("Asking a kiosk")]
            assert "people: " in answers[0]
            database = CentralDatabase(f"sqlite:///{folder / 'central.db'}")
            kiosk.wait(lambda: evidence_of(database, record.id), "evidence at the centre")
            database.close()
            with parts.parcels(kiosk.settings) as sent:
                kiosk.wait(lambda: sent.counts() == ParcelCounts(0, 0, 1), "receipt of the evidence")
            *looks, opening = lines("Looking")
            known_kiosks, gaps, rejected, entries, enrolments = [desk.run(line) for line in looks]
            desk.run(opening.replace("RECORD", record.id))
    assert kiosk.settings.kiosk.id in known_kiosks
    assert (gaps, rejected, enrolments) == ("", "", "")
    assert record.id in [json.loads(line)["id"] for line in entries.splitlines()]
    assert (folder / "face.jpg").read_bytes().startswith(b"\xff\xd8")
    told = "".join(desk.told) + kiosk.log
    assert not [word for word in (NIP, pin, "Siti", "TK-0012") if word in told]
