"""What is refused is named and counted, and a flood of it does not fill the ledger."""

import pytest

from kiosk.agency import store
from kiosk.agency.refusals import Refusal, Refusals
from sync.chain import Link
from sync.documents.command import COMMAND, Report, ResendFrom
from sync.mqtt.broker import IncomingMessage
from tests.agency import SITI, Agency
from tests.kiosk.agency.bench import Bench
from tests.sync.helpers import AT, event


class Seconds:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def refusals(bench: Bench, seconds: Seconds) -> Refusals:
    return Refusals(bench.store, bench.event_log, seconds)


FORGED = Refusal("policy", "signature", "it is not signed")


def test_a_flood_is_one_event_now_and_one_with_its_number_an_hour_later(
    bench: Bench, refusals: Refusals, seconds: Seconds
) -> None:
    refusals.add(FORGED)
    refusals.tell()
    for _ in range(5000):
        refusals.add(FORGED)
        refusals.tell()
    assert bench.refused() == [("policy", "signature", 1)]
    seconds.now_s += 3600
    refusals.tell()
    refusals.tell()
    assert bench.refused() == [("policy", "signature", 1), ("policy", "signature", 5000)]


def test_a_start_does_not_tell_again_what_was_told(bench: Bench, refusals: Refusals, seconds: Seconds) -> None:
    refusals.add(FORGED)
    refusals.tell()
    again = Refusals(bench.store, bench.event_log, seconds)
    again.add(FORGED)
    again.tell()
    assert bench.refused() == [("policy", "signature", 1)]
    seconds.now_s += 3600
    again.tell()
    assert bench.refused()[1:] == [("policy", "signature", 1)]


def test_different_ones_are_told_apart_up_to_a_number(bench: Bench, refusals: Refusals) -> None:
    for version in range(1, 1001):
        refusals.add(Refusal("person", "rollback", "older", SITI, version))
    refusals.tell()
    told = bench.refused()
    assert len(told) == 501
    assert sum(times for _, _, times in told) == 1000


def test_after_hundreds_of_different_ones_it_still_says_whom_one_concerns(
    bench: Bench, refusals: Refusals, seconds: Seconds
) -> None:
    """Bad photos of many people, and several pushes of the roster without a start between."""
    for number in range(520):
        refusals.add(Refusal("person", "photo", "bad photo", f"p-{number % 130}", 1 + number // 130))
        refusals.tell()
    told = [body.detail.model_dump() for body in bench.events("document_refused")]
    assert len({(detail["about"], detail["version"]) for detail in told}) == len(told) == 520
    for _ in range(3):
        refusals.add(Refusal("person", "photo", "bad photo", "p-0", 1))
        refusals.tell()
    assert len(bench.refused()) == 520, "it was forgotten, and the store knows that it was told"
    seconds.now_s += 3600
    refusals.tell()
    assert bench.refused()[520:] == [("person", "photo", 3)]


def test_what_the_store_knows_of_refusals_has_an_end_and_goes_with_the_person(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_TOLD", 10)
    for version in range(1, 26):
        bench.store.tell("person", SITI, version, "photo")
    known = [version for version in range(1, 26) if bench.store.told("person", SITI, version, "photo")]
    assert known == list(range(16, 26))
    bench.store.forget(SITI)
    assert not bench.store.told("person", SITI, 25, "photo")


def test_what_a_hostile_document_puts_into_an_error_cannot_break_the_ledger(bench: Bench, refusals: Refusals) -> None:
    refusals.add(Refusal("policy", "contract", "\ud800\n\x1b[31m" + "x" * 1000))
    refusals.add(Refusal("roster", "contract", ""))
    refusals.tell()
    assert [kind for kind, _, _ in bench.refused()] == ["policy", "roster"]
    assert bench.ledger.verify().sound


def test_a_flood_of_old_commands_is_one_event(bench: Bench, agency: Agency) -> None:
    """Where no key of the receiver is pinned anybody makes up as many versions as they like."""
    made = [agency.command(Report, bench.topics.kiosk) for _ in range(20)]
    for payload in [made[-1], *made[:-1]]:
        bench.worker.commanded(COMMAND.validate_json(payload), IncomingMessage(bench.topics.command, payload))
    bench.worker.turn()
    assert bench.refused() == [("command", "rollback", 19)]


def test_what_left_the_ledger_is_not_sent_again_and_the_answer_says_so(bench: Bench, agency: Agency) -> None:
    for _ in range(3):
        bench.ledger.append(event())
    bench.ledger.mark_receipted([], 3)
    through = bench.ledger.hash_of(2)
    assert through is not None
    bench.ledger.let_go(Link(2, through))
    replies = []
    for seq in (2, 3):
        asked = COMMAND.validate_json(agency.command(ResendFrom, bench.topics.kiosk, seq=seq, through_seq=None))
        replies.append(bench.worker.parts.commands.do(asked, AT))
    assert [reply.done for reply in replies] == [False, True]
    assert replies[0].text.startswith("entries up to 2 left the ledger")
