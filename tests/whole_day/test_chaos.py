"""A short run of the fault harness, and proof that its parts can tell right from wrong."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from itertools import groupby
from pathlib import Path

import pytest

from kiosk.lab.demo.broker import LOOPBACK
from sync.canonical import load
from sync.chain import Link, seal
from sync.contract import ClockCorrected, ClockCorrectedDetail, Draft, Moment, RecordEntry, parse_entry
from tests.brokers import needs_mosquitto
from tests.sync.helpers import AT, CLOCK, KEY, KIOSK, UNIT, record
from tests.waiting import LIMIT_S
from tests.whole_day.chaos.oracle import Told, Verdict, Witness, judge, witness
from tests.whole_day.chaos.plan import KINDS, plan
from tests.whole_day.chaos.proxy import Proxy
from tests.whole_day.chaos.run import run

SECONDS, SEED, PEOPLE = 60, 528, 4


@needs_mosquitto
@pytest.mark.timeout(400)
def test_a_minute_of_faults_loses_and_invents_nothing(tmp_path: Path) -> None:
    report = run(tmp_path, SECONDS, SEED, PEOPLE)
    facts = report.facts()
    assert report.passed, facts
    assert sum(report.struck.values()) >= 10, facts
    assert report.seen.on_screen, facts
    print(facts)
    assert report.seen.by_appender, facts


def test_a_plan_follows_from_its_seed_and_strikes_no_target_twice_at_a_time() -> None:
    planned = list(plan(7, 1200))
    assert planned == list(plan(7, 1200)) != list(plan(8, 1200))
    assert len(planned) >= 200
    assert {fault.kind for fault in planned} == set(KINDS)
    assert "disk_full" not in {fault.kind for fault in plan(7, 1200, ["disk_full"])}
    for _, same in groupby(sorted(planned, key=lambda f: KINDS[f.kind].target), lambda f: KINDS[f.kind].target):
        begins_ends = [moment for fault in same for moment in (fault.begin_s, fault.end_s)]
        assert begins_ends == sorted(begins_ends)


def chain(*people: str) -> list[bytes]:
    payloads, end = list[bytes](), Link()
    for person in people:
        payloads.append(seal(record(person), KIOSK, UNIT, end, KEY))
        end = Link(end.seq + 1, load(payloads[-1])["hash"])
    return payloads


def seen(payloads: list[bytes]) -> Witness:
    """Everybody of these was there, and was told."""
    records = [entry for entry in map(parse_entry, payloads) if isinstance(entry, RecordEntry)]
    told = frozenset(Told(entry.seq, entry.body.receipt) for entry in records)
    return Witness(
        told, frozenset(), {entry.body.person: [entry.clock.monotonic_s - 3] for entry in records}, frozenset()
    )


def found(ledger: list[bytes], centre: list[bytes], who: Witness | None = None) -> Verdict:
    return judge(who or seen(ledger), ledger, centre, KEY.public)


def test_the_oracle_is_content_with_what_is_right() -> None:
    ledger = chain("p-1", "p-2", "p-3")
    verdict = found(ledger, ledger)
    assert (verdict.shown, verdict.stored, verdict.lost, verdict.double, verdict.invented) == (3, 3, (), (), ())
    assert (verdict.undelivered, verdict.chain_verified) == (0, True)


def test_the_oracle_finds_what_was_told_and_did_not_arrive() -> None:
    ledger = chain("p-1", "p-2", "p-3")
    verdict = found(ledger, [ledger[0], ledger[2]])
    assert (verdict.lost, verdict.undelivered, verdict.chain_verified) == ((2,), 1, False)
    other = chain("p-0", "p-9")[1]
    assert found(ledger, [ledger[0], other, ledger[2]]).lost == (2,), "under the same number lies another record"


def test_the_oracle_finds_a_second_record_of_a_day() -> None:
    ledger = chain("p-1", "p-2", "p-1")
    assert found(ledger, ledger).double == ("p-1 in 2026-01-05",)
    assert "entry 1" in found(ledger, [*ledger, chain("p-7")[0]]).double


def test_the_oracle_knows_of_corrected_times() -> None:
    monday, detail = chain("p-1")[0], ClockCorrectedDetail(seq=2, was=AT + timedelta(days=1), shift_s=-86_400)
    end = Link(1, load(monday)["hash"])
    tuesday = seal(record("p-1", at=detail.was), KIOSK, UNIT, end, KEY)
    clock = CLOCK.model_copy(update={"corrects": parse_entry(tuesday).id})
    draft = Draft(ClockCorrected(detail=detail), Moment(AT, clock))
    ledger = [monday, tuesday, seal(draft, KIOSK, UNIT, Link(2, load(tuesday)["hash"]), KEY)]
    verdict = found(ledger, ledger)
    assert (verdict.double, verdict.double_when_corrected) == ((), ("p-1 in 2026-01-05",))


def test_the_oracle_finds_what_nobody_explains() -> None:
    ledger = chain("p-1", "p-2")
    assert found(ledger[:1], ledger).invented == (2, 2), "neither in the ledger nor walked up"
    known = seen(ledger)
    late = Witness(known.on_screen, frozenset(), {**known.walks, "p-2": [0.0]}, frozenset())
    assert found(ledger, ledger, late).invented == (2,), "that walk-up was long before"
    assert found(ledger, ledger, Witness(known.on_screen, frozenset(), {}, frozenset({"p-1", "p-2"}))).invented == ()


def test_a_witness_reads_what_was_told(tmp_path: Path) -> None:
    daemon, appender, walks = tmp_path / "daemon", tmp_path / "appender", tmp_path / "walks"
    daemon.write_text(
        "... kiosk.app.vision: the person was told: repeat, entry 12, receipt 7KQ-4MX\n... torn entry 13, rec"
    )
    appender.write_text("try w-1\ntold entry 3, receipt 000-ZZZ\ntry w-2\nnot recorded: full\n")
    walks.write_text("12.500 p-1\n15.000 p-1\n")
    read = witness(daemon, appender, walks)
    assert read == Witness(
        frozenset({Told(12, "7KQ-4MX")}),
        frozenset({Told(3, "000-ZZZ")}),
        {"p-1": [12.5, 15.0]},
        frozenset({"w-1", "w-2"}),
    )


@contextmanager
def echo() -> Iterator[int]:
    """A server that says back what it hears, on a port."""
    with socket.create_server((LOOPBACK, 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=answer, args=(server.accept()[0],)).start()

        def answer(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                while piece := connection.recv(4096):
                    connection.sendall(piece)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(LIMIT_S)


def says_back(client: socket.socket, wait_s: float = 5.0) -> bool:
    client.settimeout(wait_s)
    try:
        client.sendall(b"hello")
        return client.recv(5) == b"hello"
    except OSError:
        return False


def test_the_network_carries_cuts_and_swallows() -> None:
    with echo() as port, Proxy(port) as proxy:
        there = (LOOPBACK, proxy.port)
        with closing(socket.create_connection(there)) as old, closing(socket.create_connection(there)) as other:
            assert says_back(old)
            assert says_back(other)
            proxy.half_open()
            assert not says_back(old, 0.3)
            with closing(socket.create_connection(there)) as new:
                assert says_back(new)
                proxy.mend()
                assert says_back(new)
                assert old.recv(1) == b"", "the swallowing one is ended"
                proxy.cut()
                assert not says_back(new)
            with closing(socket.create_connection(there)) as refused:
                assert not says_back(refused)
            proxy.mend()
            proxy.slow()
            with closing(socket.create_connection(there)) as late:
                assert not says_back(late, 0.3)
                late.settimeout(10)
                assert late.recv(5) == b"hello"
