"""One byte of an entry that was delivered long ago is damaged: what reads it reports that once, and goes on."""

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kiosk.attendance.evidence import EvidenceVault
from kiosk.checks import device
from kiosk.clock.clock import SystemClock, mark_of
from kiosk.clock.corrections import PendingCorrections
from kiosk.clock.event_log import EventLog
from kiosk.counter.officers import entries_of_today
from kiosk.counter.pins import PinAttempts
from kiosk.monitors.stage import StageMonitor
from kiosk.screen import Screen, Words
from kiosk.storage.disk import DiskSpace
from sync.contract import Draft, Evidence, Moment, RecordEntry, StageEntered, StageEnteredDetail
from sync.errors import StoreDamaged
from sync.export.package import Package
from sync.export.reading import inspect, receipts_for, take_receipts, write_receipts
from sync.export.writing import Order, export
from sync.ledger import Ledger
from sync.parcels import Parcels
from sync.signing import SigningKey
from tests.kiosk.machines import SetMachine
from tests.sync.helpers import AT, BOOT, CLOCK, KEY, KIOSK, UNIT, event, fill, record, stamped

HURT, COUNT = 1000, 2500
"""The number of the damaged entry: a start does not read so far back, but other readers do."""

DIGEST = "ab" * 32


def turned_key(raw: bytes) -> bytes:
    """Damages the name of the member `seq` in the JSON of the entry."""
    return raw.replace(b'"seq":1000,', b'"req":1000,', 1)


def no_json(raw: bytes) -> bytes:
    return raw.replace(b'"seq":1000,', b'"seq"\xba1000,', 1)


def other_value(raw: bytes) -> bytes:
    """Damages the entry so that it can be read and says something else."""
    return raw.replace(b'"seq":1000,', b'"seq":1001,', 1)


def no_text(raw: bytes) -> bytes:
    """What its row says of its hash is no text; the entry itself is whole, and a salvage keeps it."""
    digest = re.findall(rb'"hash":"([0-9a-f]{64})"[^{}]*?"seq":1000,', raw)[-1]
    at = next(found.start() for found in re.finditer(digest, raw) if raw[found.start() - 1 : found.start()] != b'"')
    return raw[:at] + bytes([raw[at] | 0x80]) + raw[at + 1 :]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders of two delivered ledgers: their entry 1000 is a record, and an event."""
    return {kind: made(tmp_path_factory.mktemp(kind), kind) for kind in ("record", "event")}


def made(folder: Path, kind: str) -> Path:
    KEY.save(folder / "device.key")
    with Ledger(folder / "ledger.db", KIOSK, UNIT) as ledger:
        fill(ledger, HURT - 2)
        ledger.append(event(stage("trial")))
        ledger.append(record("p-99") if kind == "record" else event(stage("active")))
        fill(ledger, COUNT - 1)
        with_evidence = record("p-98")
        facts = with_evidence.body.model_copy(update={"evidence": Evidence(sha256=DIGEST, bytes=6)})
        ledger.append(Draft(facts, Moment(AT, CLOCK)))
        ledger.mark_receipted([], COUNT)
    return folder


def stage(name: str) -> StageEntered:
    return StageEntered(
        detail=StageEnteredDetail.model_validate({"stage": name, "version": 1, "due": AT, "decree": None})
    )


@pytest.fixture(params=[("record", turned_key), ("event", no_json), ("event", other_value), ("record", no_text)])
def ledger(request: pytest.FixtureRequest, sound: dict[str, Path], tmp_path: Path) -> Iterator[Ledger]:
    """As the daemon opens it: at the start nothing is found."""
    kind: str
    damage: Callable[[bytes], bytes]
    kind, damage = request.param
    shutil.copytree(sound[kind], tmp_path, dirs_exist_ok=True)
    path = tmp_path / "ledger.db"
    raw = path.read_bytes()
    path.write_bytes(damage(raw))
    assert path.read_bytes() != raw
    ledger = Ledger(path, KIOSK, UNIT)
    assert not ledger.open_or_salvage(stamped)
    yield ledger
    ledger.close()


@pytest.fixture
def clock(ledger: Ledger) -> SystemClock:
    return SystemClock(ZoneInfo("Asia/Makassar"), mark_of(ledger.last_at), SetMachine(rtc_there=True))


def test_it_is_told_once_and_by_the_doctor(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    for _look in range(3):
        assert [entry.seq for entry in ledger.entries()] == [*range(1, HURT), *range(HURT + 1, COUNT + 1)]
    (told,) = caplog.records
    assert told.getMessage().startswith(f"entry {HURT} is passed over")
    assert ledger.damaged == (HURT,)
    assert device.ledger(ledger).state == "fail"


def test_a_pin_is_looked_at(ledger: Ledger, clock: SystemClock) -> None:
    tries = PinAttempts(ledger, clock)
    assert tries.paused_s() < 0
    assert tries.locked_s("p-99") < 0


def test_evidence_is_settled(ledger: Ledger, tmp_path: Path) -> None:
    with Parcels(tmp_path / "parcels.db") as parcels:
        orphan = parcels.keep_evidence("p-1", b"sealed", datetime(2026, 1, 5, tzinfo=UTC))
        keeper = EvidenceVault(
            parcels, ledger, DiskSpace(tmp_path, 0, 0), wanted=lambda: True, seal_to=None, purpose="test"
        )
        assert parcels.unbound() == [orphan]
        keeper.reconcile()
        assert parcels.unbound() == []
    assert DIGEST in keeper._entry_ids()


def test_times_are_corrected(ledger: Ledger) -> None:
    waiting = PendingCorrections(ledger, BOOT)
    while not waiting.read_on():
        pass
    late = ledger.append(Draft(record().body, Moment(AT, CLOCK.model_copy(update={"source": "none"}))))
    waiting.read_on()
    assert waiting.first(9) == [late]


def test_the_stage_is_known(ledger: Ledger, clock: SystemClock) -> None:
    StageMonitor(lambda: None, clock, ledger, EventLog(ledger, clock, Screen())).tick()
    found = ledger.last_event("stage_entered")
    assert found is not None
    assert found.seq == HURT - 1
    assert ledger.last_event("policy_applied") is None


def test_who_is_recorded_already_is_known(ledger: Ledger) -> None:
    found = ledger.records_of("p-99", AT.date())
    assert {entry.seq for entry in found} >= {900, 1100}
    assert HURT not in {entry.seq for entry in found}


def test_an_officer_sees_today(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.counter.officers.MOST", 2000)
    assert len(entries_of_today(ledger, {}, Words("en"), AT)) in (1998, 1999)


def test_sent_again_it_leads_to_a_salvage_that_names_it_and_to_no_more(ledger: Ledger, tmp_path: Path) -> None:
    ledger.rewind(990, 1010)
    with pytest.raises(StoreDamaged):
        ledger.waiting(20)
    ledger.close()
    assert ledger.open_or_salvage(stamped)
    sent_again = {stored.seq for stored in ledger.waiting(100)}
    lost = {seq for part in ledger.verify().lost for seq in range(part.first, part.last + 1)}
    assert sent_again | (lost & {HURT}) == {*range(990, 1011), ledger.counts().last_seq}
    ledger.close()
    assert not ledger.open_or_salvage(stamped)
    assert len(list(tmp_path.glob("ledger.damaged-*.db"))) == 1


def test_an_export_leaves_it_alone_out(ledger: Ledger, tmp_path: Path) -> None:
    ledger.append(record())
    stick = tmp_path / "stick"
    stick.mkdir()
    for everything in (False, True):
        finished = list(export(ledger, stick, Order(AT, None, everything=everything)))
    packages = [Package.of(done.path.read_bytes()) for done in finished]
    numbers = [(package.header.first, package.header.last) for package in packages]
    assert numbers == [(1, 999), (1001, 2000), (2001, 2500), (2501, 2501)]
    (flaw,) = inspect(stick, KEY.public).flaws
    assert (flaw.problem, "entries 1000 to 1000" in flaw.text) == ("missing", True)


def test_receipts_are_taken(ledger: Ledger, tmp_path: Path) -> None:
    last = ledger.append(record())
    receiver = SigningKey.make()
    write_receipts(tmp_path, receipts_for(UNIT, KIOSK, last.seq, last.hash, []), receiver)
    assert take_receipts(ledger, tmp_path, receiver.public) == 1
    assert ledger.hash_of(HURT) is not None


def test_what_is_read_is_what_was_recorded(ledger: Ledger) -> None:
    entries = [entry for entry in ledger.entries() if isinstance(entry, RecordEntry)]
    assert len(entries) in (COUNT - 2, COUNT - 3)
