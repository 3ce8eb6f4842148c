"""An officer's work: begun by PIN, seen in the ledger, over by itself; and what they see."""

from typing import get_args

import pytest

from kiosk.screen import Words
from kiosk.web.actions import ActionReply, Officer
from kiosk.web.messages import Checks, Overview
from sync.contract import EventBody
from tests.kiosk.counter.bench import BUDI, NAMES, PIN_OF, SITI, TUTI, Bench
from tests.kiosk.policies import local, policy
from tests.kiosk.reading import words


def signed_in(bench: Bench) -> str:
    found = bench.counter.sign_in(SITI, PIN_OF[SITI])
    assert isinstance(found, Officer)
    assert found.name == NAMES["siti"]
    return found.session


def overview(bench: Bench, session: str) -> Overview:
    found = bench.counter.overview(session)
    assert isinstance(found, Overview)
    return found


def ended(said: object) -> bool:
    return said == ActionReply(401, words("officer_ended"))


def test_an_officer_comes_and_goes_and_the_ledger_knows(bench: Bench) -> None:
    session = signed_in(bench)
    assert len(session) >= 32
    assert overview(bench, session).name == NAMES["siti"]
    assert bench.counter.sign_out(session) == ActionReply(200, words("officer_bye"))
    assert ended(bench.counter.overview(session))
    assert ended(bench.counter.sign_out(session))
    assert bench.events("officer_signed_in") == [{"person": "siti"}]
    assert bench.events("officer_signed_out") == [{"person": "siti", "reason": "asked"}]


def test_nobody_else_is_let_in_and_nobody_learns_why(bench: Bench) -> None:
    tries = [(BUDI, PIN_OF[BUDI]), (SITI, "702846"), (TUTI, "702846"), ("199608182022041001", "702846")]
    assert {bench.counter.sign_in(*tried) for tried in tries} == {ActionReply(403, words("officer_wrong"))}
    assert [(event["person"], event["purpose"], event["reason"]) for event in bench.events("pin_refused")] == [
        ("budi", "officer", "no_officer"), ("siti", "officer", "wrong_pin"),
        ("tuti", "officer", "no_pin"), (None, "officer", "unknown_nip"),
    ]  # fmt: skip
    assert bench.events("officer_signed_in") == []


def test_three_minutes_without_a_request_end_it(bench: Bench) -> None:
    session = signed_in(bench)
    for _ in range(3):
        bench.later(minutes=2)
        overview(bench, session)
    bench.later(minutes=2)
    bench.officers.tick()
    assert bench.events("officer_signed_out") == []
    bench.later(minutes=1)
    bench.officers.tick()
    assert bench.events("officer_signed_out") == [{"person": "siti", "reason": "idle"}]
    assert ended(bench.counter.overview(session))


def test_an_idle_one_is_over_also_before_anybody_has_looked(bench: Bench) -> None:
    session = signed_in(bench)
    bench.later(minutes=3)
    assert ended(bench.counter.overview(session))


def test_one_works_at_a_time_and_a_guessed_word_is_nobodys(bench: Bench) -> None:
    first, second = signed_in(bench), signed_in(bench)
    assert first != second
    for word in (first, "", "guess", "é"):
        assert ended(bench.counter.overview(word))
    overview(bench, second)
    assert bench.events("officer_signed_out") == [{"person": "siti", "reason": "replaced"}]


def test_nothing_is_done_without_an_officer(bench: Bench) -> None:
    counter = bench.counter
    assert ended(counter.test("", "all"))
    assert ended(counter.enrol("", "tuti", consent=True))
    assert ended(counter.enrol_answer("", although_alike=True))
    assert ended(counter.enrol_cancel(""))
    assert bench.enroller.asked == []
    session = signed_in(bench)
    assert isinstance(counter.test(session, "camera"), Checks)
    assert counter.enrol(session, "tuti", consent=True) == ActionReply(200, "begun")
    assert counter.enrol_answer(session, although_alike=False) == ActionReply(200, "decided")
    assert counter.enrol_cancel(session) == ActionReply(200, "left")
    assert bench.enroller.asked == [("begin", "siti", "tuti", True), ("decide", False), ("cancel",)]


@pytest.mark.parametrize("stage", ["inactive", "socialisation"])
def test_officers_work_in_every_stage(bench: Bench, stage: str) -> None:
    bench.policy = policy((local("2026-01-01T00:00:00"), stage))
    assert overview(bench, signed_in(bench)).stage == stage


def test_today_is_told_with_names_and_masked_numbers(bench: Bench) -> None:
    bench.at("2026-01-05T07:25:00")
    bench.comes()
    bench.counter.answer(bench.card.id, "not_me")
    bench.at("2026-01-06T07:25:00")
    bench.policy = policy((local("2026-01-06T00:00:00"), "active"))
    bench.comes()
    bench.gives(BUDI, reason="veil")
    bench.counter.answer(bench.card.id, "not_me")
    bench.comes(None, "unknown")
    found = overview(bench, signed_in(bench))
    assert [(entry.kind, entry.text, entry.masked) for entry in found.entries] == [
        ("officer_signed_in", "Petugas masuk: Siti Aminah", "1990****** ***2 001"),
        ("unknown_face", "Wajah tidak dikenali", None),
        ("in", "Dibatalkan: Masuk: Budi", "1986****** ***1 001"),
        ("in", "Masuk: Budi (PIN: Cadar)", "1986****** ***1 001"),
        ("in", "Masuk: Siti Aminah", "1990****** ***2 001"),
    ]
    assert all(entry.at.startswith("2026-01-06T07:25:00") for entry in found.entries)
    assert (found.stage, found.decree) == ("active", "800/1/2026")
    assert (found.unsent, found.waiting) == (7, 7)
    assert [(person.name, person.masked_nip, person.enrolled) for person in found.people] == [
        ("Anton", None, True),
        ("Budi", "1986****** ***1 001", False),
        ("Siti Aminah", "1990****** ***2 001", True),
        ("Tuti", "1988****** ***2 903", True),
    ]
    assert not [nip for nip in (SITI, BUDI, TUTI) if nip in found.model_dump_json()]


def test_every_event_of_the_contract_has_its_phrase() -> None:
    kinds = [event.model_fields["type"].default for event in get_args(get_args(EventBody)[0])]
    assert len(kinds) > 20
    for language in ("id", "en"):
        assert [kind for kind in kinds if f"event_{kind}" not in Words(language).all()] == []
