"""What an append costs, beside a bare SQLite commit of the same bytes, and with a year's entries in the file."""

import sqlite3
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from sync.canonical import load
from sync.chain import Link, seal
from sync.contract import parse_entry
from sync.ledger import Ledger
from sync.store.checks import LATEST
from sync.store.rows import insert
from tests.sync.helpers import KEY, KIOSK, UNIT, record

YEAR = 100_000


def took(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def test_an_append_costs_little_more_than_a_bare_commit(tmp_path: Path) -> None:
    bare = sqlite3.connect(tmp_path / "bare.db", isolation_level=None)
    for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "CREATE TABLE entry (payload BLOB)"):
        bare.execute(statement)
    appends, commits = [], []
    with Ledger(tmp_path / "ledger.db", KIOSK, UNIT) as ledger:
        for number in range(300):
            draft = record(f"p-{number % 50}")
            appends.append(took(lambda draft=draft: ledger.append(draft)))
            (stored,) = ledger.stored(from_seq=number + 1)
            commits.append(took(lambda stored=stored: bare.execute("INSERT INTO entry VALUES (?)", (stored.payload,))))
    bare.close()
    append_s, commit_s = statistics.median(appends), statistics.median(commits)
    print(f"append {append_s * 1e3:.2f} ms, bare commit {commit_s * 1e3:.2f} ms, ratio {append_s / commit_s:.2f}")
    # A signature, the digests and the reading back take a quarter of a millisecond after the caches have gone cold, so
    # 1.3 times is a matter of the disk; half a millisecond is for a busy machine. A second fsync would be found.
    assert append_s < 1.3 * commit_s + 0.0005


def test_a_years_entries_do_not_slow_it_down(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.db", KIOSK, UNIT) as ledger, Ledger(tmp_path / "fresh.db", KIOSK, UNIT) as fresh:
        fill(ledger, YEAR)
        # In turn, so that whatever else the machine does falls on both.
        pairs = [(took(lambda: ledger.append(record())), took(lambda: fresh.append(record()))) for _ in range(100)]
        full_s, fresh_s = (statistics.median(times) for times in zip(*pairs, strict=True))
        look_s = statistics.median(took(lambda: (ledger.counts(), ledger.waiting(20))) for _ in range(100))
        ledger.close()
        open_s = took(ledger.open)
    print(f"append {fresh_s * 1e3:.2f} ms, at {YEAR} entries {full_s * 1e3:.2f} ms")
    print(f"counts and unsent {look_s * 1e6:.0f} us, open {open_s:.2f} s")
    assert full_s < 3 * fresh_s + 0.001
    assert look_s < 0.005


def fill(ledger: Ledger, count: int) -> None:
    """Bring the ledger to `count` entries that are delivered, quickly: those that nobody looks at again are copies."""
    begin = ledger.counts().last_seq
    template = seal(record(), KIOSK, UNIT, Link(begin), KEY)
    entry = parse_entry(template)
    with ledger._database.writing() as connection:
        for seq in range(begin + 1, count - LATEST + 1):
            insert(connection, entry.model_copy(update={"seq": seq}), template, delivered=True)
        ledger._head.cover(count)
        end = Link(count - LATEST, load(template)["hash"])
        while end.seq < count:
            payload = seal(record(), KIOSK, UNIT, end, KEY)
            insert(connection, parse_entry(payload), payload, delivered=True)
            end = Link(end.seq + 1, load(payload)["hash"])
