"""`kiosk ledger export`, `verify` and `receipts`: an office without a network, from its own desk."""

from pathlib import Path

import pytest

from sync.documents.sealing import Opener
from sync.export.reading import receipts_for, write_receipts
from sync.ledger import Ledger
from sync.signing import SigningKey
from tests.kiosk.desk import Desk, desk_in
from tests.sync.helpers import record

RECEIVER = SigningKey.make()


def office(folder: Path, more: str = "") -> Desk:
    """A kiosk with three records and an empty stick; its public key lies beside it."""
    desk = desk_in(folder, more)
    with Ledger(folder / "data" / "ledger.db", "k-1", "u-1") as ledger:
        for person in ("p-1", "p-2", "p-3"):
            ledger.append(record(person))
    (folder / "stick").mkdir()
    (folder / "public.pem").write_text(desk.run("ledger", "key").out)
    return desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An office whose kiosk has the agency's keys."""
    keys = f'seal_to = "{Opener.make().public.text}"\nreceiver_key = "{RECEIVER.public.text}"\n'
    return office(tmp_path, f"[agency]\n{keys}")


def test_an_export_is_verified_with_the_public_key_alone(desk: Desk) -> None:
    done = desk.run("ledger", "export", "stick")
    assert (done.code, done.out) == (0, "")
    assert "stick holds 3 entries" in done.err
    assert "there already" in desk.run("ledger", "export", "stick").err
    command = ("ledger", "verify", "stick", "--public-key", "public.pem", "--json")
    (report,) = desk.run(*command).documents
    assert report == {"packages": 1, "entries": 3, "sealed": 1, "sound": True, "findings": []}
    package = desk.folder / "stick" / "u-1_k-1_1-3.senfie"
    package.write_bytes(package.read_bytes()[:-1])
    done = desk.run(*command)
    (finding,) = done.documents[0]["findings"]
    assert (done.code, finding["package"], finding["problem"]) == (1, package.name, "truncated")
    done = desk.run("ledger", "verify", str(package), "--public-key", "public.pem")
    assert (done.code, "NOT sound" in done.out) == (1, True)
    desk.fails(2, "go together", "ledger", "verify", "stick")


def test_receipts_from_the_stick_are_taken(desk: Desk) -> None:
    desk.fails(1, "no receipt for this kiosk", "ledger", "receipts", "stick")
    write_receipts(desk.folder / "stick", receipts_for("u-1", "k-1", 2, None, []), SigningKey.make())
    desk.fails(2, "not of the key that is pinned", "ledger", "receipts", "stick")
    write_receipts(desk.folder / "stick", receipts_for("u-1", "k-1", 2, None, []), RECEIVER)
    assert "2 entries more are delivered, 1 wait" in desk.run("ledger", "receipts", "stick").err
    assert "u-1_k-1_3-3.senfie" in desk.run("ledger", "export", "stick").err
    assert "stick holds 3 entries" in desk.run("ledger", "export", "stick", "--all").err
    write_receipts(desk.folder / "stick", receipts_for("u-1", "k-1", 3, None, []), RECEIVER)
    assert "1 entries more are delivered, 0 wait" in desk.run("ledger", "receipts", "stick").err
    assert "everything is delivered" in desk.run("ledger", "export", "stick").err


def test_without_a_key_nothing_is_exported_open_unless_that_is_asked_for(tmp_path: Path) -> None:
    desk = office(tmp_path)
    desk.fails(2, "agency.seal_to", "ledger", "export", "stick")
    desk.fails(2, "agency.receiver_key", "ledger", "receipts", "stick")
    desk.fails(2, "nowhere is no folder", "ledger", "export", "nowhere", "--open")
    assert list((tmp_path / "stick").iterdir()) == []
    assert desk.run("ledger", "export", "stick", "--open").code == 0
    (report,) = desk.run("ledger", "verify", "stick", "--public-key", "public.pem", "--json").documents
    assert (report["entries"], report["sealed"], report["sound"]) == (3, 0, True)
