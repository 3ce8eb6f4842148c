"""Storing entries on both kinds of database: each once, proven, and joined to its chain."""

import json
import random

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from central.errors import KioskConflictError, WrongUseError
from central.store import rejects
from central.store.batch import progress, store
from central.store.database import CentralDatabase
from central.store.gaps import Gap, all_gaps
from central.store.rejects import _MOST
from central.store.tables import kiosks, rejected
from sync.chain import Link, seal, verify
from sync.contract import Draft, LedgerSalvaged, LedgerSalvagedDetail, Moment, SeqRange
from sync.contract.topics import DEFAULT_ROOT, Topics
from sync.signing import SigningKey
from tests.central.helpers import chain, changed, held, judged, refused, register, stored
from tests.sync.helpers import AT, CLOCK, KEY, KIOSK, UNIT


def test_a_chain_is_stored_byte_for_byte_and_proves_itself(database: CentralDatabase) -> None:
    payloads = chain(20)
    outcome = stored(database, payloads)
    assert (outcome.through_seq, outcome.gap, outcome.refused) == (20, None, [])
    assert held(database) == payloads
    assert verify(held(database), KEY.public).sound


def test_a_repeat_changes_nothing_and_is_receipted_again(database: CentralDatabase) -> None:
    payloads = chain(5)
    stored(database, payloads)
    outcome = stored(database, [*payloads, payloads[2]])
    assert (outcome.through_seq, outcome.refused) == (5, [])
    assert held(database) == payloads
    assert refused(database) == {}


def test_any_order_comes_to_the_same(database: CentralDatabase) -> None:
    payloads = chain(40)
    mixed = random.Random(4).sample(payloads, len(payloads))
    for start in range(0, 40, 7):
        stored(database, mixed[start : start + 7])
    assert held(database) == payloads
    assert progress(database, KIOSK).through_seq == 40


def test_what_is_missing_is_a_gap_until_it_comes(database: CentralDatabase) -> None:
    payloads = chain(10)
    outcome = stored(database, [*payloads[:3], *payloads[5:7], payloads[9]])
    assert (outcome.through_seq, outcome.gap) == (3, Gap(4, 5))
    assert outcome.stored == [1, 2, 3, 6, 7, 10]
    outcome = stored(database, payloads[3:5])
    assert (outcome.through_seq, outcome.gap) == (7, Gap(8, 9))
    outcome = stored(database, payloads[7:9])
    assert (outcome.through_seq, outcome.gap) == (10, None)


FORGERIES = {
    "hash": lambda payload: payload.replace(b'"p-2"', b'"p-9"'),
    "signature": lambda payload: changed(payload, key=None, at="2026-01-05T07:00:00.000+08:00"),
    "signature of another kiosk's key": lambda payload: changed(payload, SigningKey.make()),
    "signature that is missing": lambda payload: json.dumps(
        {k: v for k, v in json.loads(payload).items() if k != "sig"}
    ).encode(),
    "contract": lambda payload: payload[:-1],
    "size": lambda payload: payload + b" " * 300_000,
}


@pytest.mark.parametrize("kind", FORGERIES)
def test_a_forged_entry_is_refused_named_and_counted(database: CentralDatabase, kind: str) -> None:
    payloads = chain(4)
    forged = FORGERIES[kind](payloads[2])
    assert forged != payloads[2]
    store(database, judged(database, [*payloads[:2], forged, payloads[3]]))
    assert held(database) == [*payloads[:2], payloads[3]]
    assert refused(database) == {kind.split(maxsplit=1)[0]: 1}
    assert progress(database, KIOSK).gap == Gap(3, 3), "what was forged is asked for again"


def test_another_entry_under_a_known_number_is_an_alarm_and_overwrites_nothing(database: CentralDatabase) -> None:
    payloads = chain(3)
    stored(database, payloads)
    other = changed(payloads[1], at="2026-01-05T07:00:00.000+08:00")
    outcome = stored(database, [other])
    assert [item.problem for item in outcome.refused] == ["conflict"]
    assert held(database) == payloads
    assert refused(database) == {"conflict": 1}


def test_swapped_entries_do_not_join(database: CentralDatabase) -> None:
    """The entry is signed with the kiosk's own key, as somebody who stole the device could do."""
    payloads = chain(4)
    second = changed(payloads[2], seq=2)
    third = changed(payloads[1], seq=3)
    outcome = stored(database, [payloads[0], second, third])
    assert "chain" in {item.problem for item in outcome.refused}
    assert held(database)[0] == payloads[0]
    assert outcome.through_seq < 3


def test_an_entry_that_does_not_lead_to_a_later_one_is_refused(database: CentralDatabase) -> None:
    payloads = chain(3)
    stored(database, [payloads[0], payloads[2]])
    outcome = stored(database, [changed(payloads[1], at="2026-01-05T07:00:00.000+08:00")])
    assert [item.problem for item in outcome.refused] == ["chain"]
    assert stored(database, [payloads[1]]).through_seq == 3


def test_an_unknown_kiosk_is_kept_with_the_reason_and_taken_once_it_is_known(database: CentralDatabase) -> None:
    key, topics = SigningKey.make(), Topics(DEFAULT_ROOT, UNIT, "gate")
    payloads = chain(3, key, "gate")
    assert store(database, judged(database, payloads, topics)) == []
    assert refused(database) == {"unknown_kiosk": 3}
    register(database, "gate", key)
    (outcome,) = store(database, judged(database, payloads, topics))
    assert (outcome.kiosk, outcome.through_seq) == ("gate", 3)


def test_an_entry_on_another_kiosks_topic_is_refused(database: CentralDatabase) -> None:
    assert store(database, judged(database, chain(1), Topics(DEFAULT_ROOT, UNIT, "gate"))) == []
    assert refused(database) == {"topic": 1}


def test_entries_from_before_signatures_are_taken_where_that_is_said(database: CentralDatabase) -> None:
    key, topics = SigningKey.make(), Topics(DEFAULT_ROOT, UNIT, "gate")
    register(database, "gate", key, signed_from=3)
    old = [
        json.dumps({k: v for k, v in json.loads(payload).items() if k != "sig"}).encode()
        for payload in chain(4, key, "gate")
    ]
    (outcome,) = store(database, judged(database, old, topics))
    assert outcome.stored == [1, 2]
    assert refused(database) == {"signature": 2}


def salvaged(payloads: list[bytes], kept: int, seq: int, *missing: tuple[int, int]) -> bytes:
    """Return the entry `seq` of a kiosk that salvaged its ledger and kept the entries up to `kept`."""
    ranges = tuple(SeqRange(first=first, last=last) for first, last in missing)
    detail = LedgerSalvagedDetail(reason="torn", kept=kept, missing=ranges, moved_to=None)
    end = json.loads(payloads[kept - 1])["hash"]
    return seal(Draft(LedgerSalvaged(detail=detail), Moment(AT, CLOCK)), KIOSK, UNIT, Link(seq - 1, end), KEY)


def test_what_a_kiosk_names_as_lost_is_no_gap(database: CentralDatabase) -> None:
    payloads = chain(10)
    stored(database, payloads[:6])
    outcome = stored(database, [salvaged(payloads, 4, 65, (5, 64))])
    assert (outcome.through_seq, outcome.gap, outcome.refused) == (65, None, [])
    assert listed(database) == [Gap(7, 64, lost=True)], "but it is not forgotten"


def listed(database: CentralDatabase) -> list[Gap]:
    """Return the gaps of all kiosks, from which `kiosk-central gaps` is printed."""
    with database.transaction() as connection:
        return [gap for _unit, _kiosk, gap in all_gaps(connection)]


def test_ranges_that_are_named_twice_and_overlap_are_listed_once(database: CentralDatabase) -> None:
    payloads = chain(10)
    stored(database, [*payloads[:4], payloads[6]])
    assert stored(database, [salvaged(payloads, 4, 20, (5, 15))]).gap == Gap(16, 19)
    stored(database, [salvaged(payloads, 4, 30, (5, 5), (9, 19), (21, 29))])
    assert listed(database) == [Gap(first, last, lost=True) for first, last in [(5, 6), (8, 15), (16, 19), (21, 29)]]


def test_a_kiosk_that_lost_what_the_centre_has_raises_no_alarm(database: CentralDatabase) -> None:
    """The salvaged ledger's last number is stored here, so the next one would have to join it."""
    payloads = chain(10)
    stored(database, payloads)
    outcome = stored(database, [salvaged(payloads, 4, 11, (5, 10))])
    assert (outcome.through_seq, outcome.refused) == (11, [])
    again = stored(database, [salvaged(payloads, 4, 12, (5, 10), (11, 11))])
    assert again.through_seq == 12, "a range that is named twice is kept once"


def test_a_kiosk_cannot_name_the_future_as_lost(database: CentralDatabase) -> None:
    payloads = chain(10)
    assert stored(database, [salvaged(payloads, 4, 11, (1, 2**53 - 1))]).through_seq == 11


def test_a_kiosks_name_and_key_are_for_ever(database: CentralDatabase) -> None:
    register(database)
    with pytest.raises(KioskConflictError, match="for ever"):
        register(database, key=SigningKey.make())


def test_rubbish_does_not_fill_the_database(sqlite: CentralDatabase) -> None:
    rubbish = [b"rubbish %d" % number for number in range(_MOST + 500)]
    store(sqlite, judged(sqlite, rubbish))
    store(sqlite, judged(sqlite, rubbish[-10:]))
    assert refused(sqlite) == {"contract": _MOST + 510}
    with sqlite.transaction() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM rejected").scalar() == _MOST + 1


def test_of_what_is_not_stored_the_newest_is_kept(database: CentralDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old rows are dropped: who looks for present faults does not need the refusals of earlier years."""
    monkeypatch.setattr(rejects, "_MOST", 3)
    for number in range(10):
        store(database, judged(database, [b"rubbish %d" % number]))
    store(database, judged(database, [b"rubbish 9"]))
    with database.transaction() as connection:
        rows = connection.execute(select(rejected.c.payload, rejected.c.times).order_by(rejected.c.id)).all()
    assert {(bytes(payload), times) for payload, times in rows} == {
        (b"", 7),
        (b"rubbish 7", 1),
        (b"rubbish 8", 1),
        (b"rubbish 9", 2),
    }
    assert refused(database) == {"contract": 11}


@pytest.mark.parametrize("url", ["", "nonsense", "oracle://x", "ftp://x"])
def test_what_is_no_database_is_said(url: str) -> None:
    with pytest.raises(WrongUseError, match="database URL"):
        CentralDatabase(url)


def test_an_error_of_the_database_quotes_nobody(database: CentralDatabase) -> None:
    row = {"kiosk": "lobby", "unit": "198802292014032903", "public_key": "k", "signed_from": 1, "through_seq": 0}
    with pytest.raises(IntegrityError) as told, database.transaction() as connection:
        connection.execute(insert(kiosks), [row, row])
    assert "198802292014032903" not in str(told.value)
