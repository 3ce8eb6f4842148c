"""The turns of the agency worker: it handles one message in each, and repeats in a later one what failed."""

import threading

import pytest

from kiosk.agency import worker
from kiosk.agency.acceptance import DocumentAcceptance, UnitKeys
from kiosk.app import parts
from sync.contract import Started, StartedDetail
from sync.mqtt.broker import IncomingMessage
from tests.agency import BUDI, SARI, SITI, Agency
from tests.kiosk.agency.bench import Bench


def test_its_heart_beats_between_two_documents(bench: Bench, agency: Agency) -> None:
    """Each may take seconds on a small device, and the watchdog waits for ten."""
    for version in (1, 2, 3):
        bench.worker.heard(IncomingMessage(bench.topics.policy, agency.policy(version)))
    stop, seen = threading.Event(), list[int]()

    def beat() -> None:
        policy = bench.worker.policy()
        seen.append(0 if policy is None else policy.version)
        if seen[-1] == 3:
            stop.set()

    bench.worker.run(stop, beat)
    assert seen == [0, 1, 2, 3]


def test_what_a_full_disk_kept_from_being_told_is_told_once_there_is_room(
    bench: Bench, agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_RETRY_S", 0.0)
    connection = bench.ledger._database.connection
    connection.execute(f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0]}")
    while bench.event_log.record(Started(detail=StartedDetail(version="1"))) is not None:
        pass
    bench.policy(agency.policy(2))
    bench.manifest(agency.manifest(7, {}))
    assert bench.events("policy_applied") == bench.events("roster_applied") == []
    connection.execute("PRAGMA max_page_count = 1000000")
    bench.worker.turn()
    assert [len(bench.events(kind)) for kind in ("policy_applied", "roster_applied")] == [1, 1]
    assert bench.worker.roster_version() == 7


def test_its_heart_beats_between_two_people_who_are_erased(bench: Bench, agency: Agency) -> None:
    """Each takes several waits for the disk, and a reorganised office may lose hundreds at once."""
    for person in (SITI, BUDI, SARI):
        bench.enrol(person, at_the_wall=False)
    bench.worker.heard(IncomingMessage(bench.topics.manifest, agency.manifest(1, {})))
    stop, seen = threading.Event(), list[int]()

    def beat() -> None:
        seen.append(len(bench.people.statuses()))
        if seen[-1] == 0:
            stop.set()

    bench.worker.run(stop, beat)
    assert seen == [3, 3, 2, 1, 0]


def test_what_a_stick_brings_before_its_thread_has_looked_once_is_not_missed(bench: Bench, agency: Agency) -> None:
    """The start has the first turn, in another thread than the rest: each has its own connection."""
    bench.worker.turn()
    with parts.documents(bench.settings) as another:
        DocumentAcceptance(another, UnitKeys(bench.settings.kiosk.unit, agency.key.public, None)).policy(
            agency.policy(3)
        )
    thread = threading.Thread(target=bench.worker.turn)
    thread.start()
    thread.join()
    policy = bench.worker.policy()
    assert policy is not None
    assert policy.version == 3


def test_a_change_of_people_is_one_number_for_every_thread_and_process(bench: Bench) -> None:
    seen = [bench.people.changes()]

    def change() -> None:
        bench.enrol(SITI, at_the_wall=False)
        seen.append(bench.people.changes())

    thread = threading.Thread(target=change)
    thread.start()
    thread.join()
    with parts.people(bench.settings) as another:
        seen.append(another.changes())
        another.drop_portraits()
        another.remove(SITI)
        seen.append(another.changes())
    assert seen[0] < seen[1] == seen[2] < seen[3] == bench.people.changes()


def test_what_it_did_itself_is_looked_at_once_more_and_then_rests(
    bench: Bench, agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.manifest(agency.manifest(1, {}))
    bench.enrol(SITI, at_the_wall=False)
    bench.worker.turn()
    bench.worker.turn()
    looks: list[object] = []
    monkeypatch.setattr(bench.worker.parts.roster, "read", lambda: looks.append(None))
    bench.worker.turn()
    assert looks == []
