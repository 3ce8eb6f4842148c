"""Sealed parcels at the centre: stored once, receipted, and opened only with the agency's key."""

import hashlib
import os
import stat
from pathlib import Path

import pytest
from sqlalchemy import select

from central.errors import WrongUseError
from central.judge import LARGEST_PARCEL, JudgedParcel, Unsound, is_parcel, judge_parcel
from central.parcels import EvidenceError, open_evidence, save_picture
from central.store.database import CentralDatabase
from central.store.kiosks import known_kiosks
from central.store.parcels import store_parcels
from central.store.tables import parcels
from kiosk.lab.demo.broker import Broker
from sync.chain import Link, seal
from sync.contract import Draft, Evidence, RecordFacts, parse_entry
from sync.contract.topics import DEFAULT_ROOT
from sync.documents.envelope import read_signed
from sync.documents.receipt import ANSWER, ParcelReceipt
from sync.documents.sealing import Opener
from sync.errors import SealError
from sync.parcels import evidence_purpose
from tests.brokers import needs_mosquitto
from tests.central.helpers import receiving, refused, say, stored
from tests.sync.helpers import KEY, KIOSK, TOPICS, UNIT, record
from tests.sync.subscriber import Subscriber
from tests.waiting import wait_for

AGENCY = Opener.make()
FACE = b"\xff\xd8 a face"
RECORD = "019b8c1e-0000-7000-8000-000000000001"


def sealed(face: bytes = FACE, kiosk: str = KIOSK) -> bytes:
    return AGENCY.public.seal(face, evidence_purpose(UNIT, kiosk))


def judged(database: CentralDatabase, topic: str, payload: bytes) -> JudgedParcel | Unsound:
    return judge_parcel(topic, payload, DEFAULT_ROOT, known_kiosks(database))


def kept(database: CentralDatabase) -> list[tuple[str, str, str, str, bytes]]:
    columns = (parcels.c.kind, parcels.c.unit, parcels.c.kiosk, parcels.c.key, parcels.c.sealed)
    with database.transaction() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(parcels.c.kind, parcels.c.key))]


def with_evidence(evidence: bytes) -> tuple[str, bytes]:
    """Return a record that names the evidence, and its id."""
    draft = record()
    assert isinstance(draft.body, RecordFacts)
    named = Evidence(sha256=hashlib.sha256(evidence).hexdigest(), bytes=len(evidence))
    body = draft.body.model_copy(update={"evidence": named})
    payload = seal(Draft(body, draft.moment), KIOSK, UNIT, Link(), KEY)
    return parse_entry(payload).id, payload


def test_entries_are_no_parcels() -> None:
    assert is_parcel(f"{TOPICS.evidence}/{RECORD}")
    assert is_parcel(f"{TOPICS.enrolments}/p-1")
    assert not is_parcel(TOPICS.entry)
    assert not is_parcel("entry")
    assert not is_parcel(f"{DEFAULT_ROOT}/evidence/lobby/entry")


def test_parcels_are_stored_once(database: CentralDatabase) -> None:
    first, second = sealed(), sealed()
    evidence = judged(database, f"{TOPICS.evidence}/{RECORD}", first)
    enrolment = judged(database, f"{TOPICS.enrolments}/p-1", second)
    store_parcels(database, [evidence, enrolment, evidence])
    store_parcels(database, [evidence])
    assert kept(database) == [
        ("enrolment", UNIT, KIOSK, "p-1", second),
        ("evidence", UNIT, KIOSK, RECORD, first),
    ]
    assert refused(database) == {}


def test_strangers_and_what_is_too_large_are_refused_and_counted(database: CentralDatabase) -> None:
    evidence = f"{TOPICS.evidence}/{RECORD}"
    messages = [
        (evidence.replace(KIOSK, "gate"), sealed()),
        (evidence.replace(UNIT, "busang"), sealed()),
        (evidence, b"x" * (LARGEST_PARCEL + 1)),
        (f"{TOPICS.evidence}/No Slug", sealed()),
        (f"{TOPICS.evidence}/", sealed()),
    ]
    store_parcels(database, [judged(database, topic, payload) for topic, payload in messages])
    assert kept(database) == []
    assert refused(database) == {"unknown_kiosk": 2, "size": 1, "topic": 2}


def test_evidence_opens_with_the_agencys_key_alone(database: CentralDatabase) -> None:
    evidence = sealed()
    name, payload = with_evidence(evidence)
    stored(database, [payload])
    store_parcels(database, [judged(database, f"{TOPICS.evidence}/{name}", evidence)])
    with database.transaction() as connection:
        assert open_evidence(connection, name, AGENCY) == FACE
        with pytest.raises(SealError):
            open_evidence(connection, name, Opener.make())


def test_what_no_record_names_is_no_evidence(database: CentralDatabase) -> None:
    """The parcel is a copy under another name, or another face under this name: a publisher may publish anything."""
    evidence = sealed()
    name, payload = with_evidence(evidence)
    forged = judged(database, f"{TOPICS.evidence}/{name}", sealed(b"\xff\xd8 another face"))
    store_parcels(database, [forged, judged(database, f"{TOPICS.evidence}/{RECORD}", evidence)])
    with database.transaction() as connection, pytest.raises(EvidenceError, match="no stored record"):
        open_evidence(connection, name, AGENCY)
    stored(database, [payload])
    with database.transaction() as connection:
        for record_id in (name, RECORD):
            with pytest.raises(EvidenceError, match="no stored record"):
                open_evidence(connection, record_id, AGENCY)
        with pytest.raises(EvidenceError, match="has come"):
            open_evidence(connection, "019b8c1e-0000-7000-8000-000000000002", AGENCY)
    store_parcels(database, [judged(database, f"{TOPICS.evidence}/{name}", evidence)])
    with database.transaction() as connection:
        assert open_evidence(connection, name, AGENCY) == FACE


def test_a_picture_is_its_readers_alone_and_overwrites_nothing(tmp_path: Path) -> None:
    save_picture(FACE, tmp_path / "face.jpg")
    assert stat.S_IMODE((tmp_path / "face.jpg").stat().st_mode) == 0o600
    with pytest.raises(WrongUseError, match="File exists"):
        save_picture(b"", tmp_path / "face.jpg")
    assert (tmp_path / "face.jpg").read_bytes() == FACE


@needs_mosquitto
def test_the_receiver_takes_parcels_and_says_so(tmp_path: Path, database: CentralDatabase) -> None:
    payloads = [sealed(os.urandom(32_000)) for _ in range(3)]
    digests = {hashlib.sha256(payload).hexdigest() for payload in payloads}
    with Broker(tmp_path) as broker, Subscriber(broker, TOPICS.receipt) as told, receiving(broker, database, KEY):
        say(
            broker,
            (f"{TOPICS.evidence}/{RECORD}", payloads[0]),
            (f"{TOPICS.enrolments}/p-1", payloads[1]),
            (f"{TOPICS.evidence.replace(KIOSK, 'gate')}/{RECORD}", payloads[1]),
            (f"{TOPICS.evidence}/{RECORD}", payloads[2]),
        )
        receipted: set[str] = set()
        while receipted != digests:
            answer = read_signed(told.next(), ANSWER, KEY.public)
            assert isinstance(answer, ParcelReceipt)
            receipted |= set(answer.stored)
        wait_for(lambda: refused(database) == {"unknown_kiosk": 1}, "the stranger's")
    assert {payload for *_, payload in kept(database)} == set(payloads)
