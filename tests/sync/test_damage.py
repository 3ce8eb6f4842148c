"""Damage to any of the ledger's files: each entry is still there unchanged, or named as missing."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.contract import LedgerSalvaged, parse_entry
from sync.ledger import Ledger
from tests.sync.helpers import KIOSK, UNIT, record, stamped

COUNT = 40
DELIVERED = range(1, 11)
"""Delivered entries: their loss does no harm, because the centre has them."""

SIG = re.compile(rb'"sig":"[^"]*",')
Damage = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders of two ledgers of 40 entries: one was closed in order, one lost its power while in use."""
    folder = tmp_path_factory.mktemp("ledgers")
    used, cut = folder / "closed", folder / "cut"
    used.mkdir()
    cut.mkdir()
    with Ledger(used / "ledger.db", KIOSK, UNIT) as ledger:
        for number in range(COUNT):
            ledger.append(record(f"p-{number}"))
            if number == COUNT // 2:
                ledger.mark_receipted([], through_seq=DELIVERED[-1])
                ledger._database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for file in (*used.glob("ledger.*"), used / "device.key"):
            shutil.copy(file, cut)
    (cut / "ledger.db-shm").unlink()  # a power cut leaves none that counts
    return {"closed": used, "cut": cut}


@st.composite
def damages(draw: st.DrawFn) -> Damage:
    """Draw a function that flips a bit, overwrites a piece or cuts off the end of a file, often near its end."""
    share = draw(st.floats(0, 1))
    share = draw(st.sampled_from([share, 1 - share / 20]))
    kind, bit, length = (
        draw(st.sampled_from(["flip", "tear", "cut"])),
        draw(st.integers(0, 7)),
        draw(st.integers(1, 9_000)),
    )

    def damage(raw: bytes) -> bytes:
        at = min(len(raw) - 1, int(share * len(raw)))
        if kind == "flip":
            return raw[:at] + bytes([raw[at] ^ 1 << bit]) + raw[at + 1 :]
        return raw[:at] + (b"\xa5" * len(raw[at : at + length]) + raw[at + length :] if kind == "tear" else b"")

    return damage


@given(case=st.sampled_from([("closed", ""), ("cut", ""), ("cut", "-wal")]), damage=damages())
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_entry_is_kept_or_named(
    tmp_path_factory: pytest.TempPathFactory, ledgers: dict[str, Path], case: tuple[str, str], damage: Damage
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    shutil.copytree(ledgers[case[0]], folder, dirs_exist_ok=True)
    with Ledger(ledgers["closed"] / "ledger.db", KIOSK, UNIT) as sound:
        before = {stored.seq: stored.payload for stored in sound.stored()}
    file = folder / f"ledger.db{case[1]}"
    file.write_bytes(damage(file.read_bytes()))
    ledger = Ledger(folder / "ledger.db", KIOSK, UNIT)
    try:
        ledger.open_or_salvage(stamped)
        kept = {stored.seq: stored.payload for stored in ledger.stored()}
        assert ledger.last_at("nobody") is None
        fresh = ledger.append(record("p-fresh"))
    finally:
        ledger.close()
        shutil.rmtree(folder)
    assert {*intact(before, kept), *named(kept), *DELIVERED} >= set(range(1, COUNT + 1))
    assert fresh.seq > COUNT
    assert fresh.prev == parse_entry(kept[max(kept)]).hash


def intact(before: dict[int, bytes], kept: dict[int, bytes]) -> Iterator[int]:
    """Return the entries that are still there, those with a damaged signature included."""
    return (seq for seq, payload in kept.items() if SIG.sub(b"", payload) == SIG.sub(b"", before.get(seq, b"")))


def named(kept: dict[int, bytes]) -> Iterator[int]:
    """Return the numbers that a salvage has named as missing."""
    for payload in kept.values():
        if b'"ledger_salvaged"' in payload and isinstance(body := parse_entry(payload).body, LedgerSalvaged):
            for part in body.detail.missing:
                yield from range(part.first, part.last + 1)
