"""What people answer to their card: it is not I, I leave early; and what they are told the third time."""

import threading
import weakref

import numpy as np
import pytest

from kiosk.people.acceptance import Verdict
from kiosk.recognition.observation import BestFrame
from kiosk.screen.state import ChoiceName
from models.face import Box
from sync.contract import RecordEntry
from tests.kiosk.counter.bench import Bench
from tests.kiosk.reading import words


def test_a_record_is_void_at_a_word_and_the_person_may_come_again(bench: Bench) -> None:
    card = bench.comes()
    assert [choice.name for choice in card.choices] == ["not_me"]
    said = bench.counter.answer(card.id, "not_me")
    assert (said.status, said.text) == (200, words("taken_back"))
    assert (bench.card.title, bench.card.text) == (words("taken_back"), words("taken_back_help"))
    assert not bench.card.choices
    first, voiding = bench.records()
    assert voiding.body.voids == first.id
    kept = {"person", "session", "method", "stage", "decree", "duty", "match", "reason"}
    assert voiding.body.model_dump(include=kept) == first.body.model_dump(include=kept)
    again = bench.comes()
    assert "masuk tercatat pukul 07.20 WITA" in again.text
    assert len(bench.records()) == 3


def test_an_objection_counts_once_however_often_it_arrives(bench: Bench) -> None:
    card = bench.comes()
    said = []
    threads = [threading.Thread(target=lambda: said.append(bench.counter.answer(card.id, "not_me"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bench.later(minutes=3)
    said.append(bench.counter.answer(card.id, "not_me"))
    assert {(answer.status, answer.text) for answer in said} == {(200, words("taken_back"))}
    assert len(bench.records()) == 2


def test_an_objection_that_comes_too_late_changes_nothing(bench: Bench) -> None:
    card = bench.comes()
    bench.later(seconds=card.choose_s + 1)
    said = bench.counter.answer(card.id, "not_me")
    assert (said.status, said.text) == (409, words("too_late"))
    assert len(bench.records()) == 1


@pytest.mark.parametrize("choice", ["yes", "no"])
def test_only_what_a_card_offers_can_be_chosen(bench: Bench, choice: ChoiceName) -> None:
    card = bench.comes()
    assert bench.counter.answer(card.id, choice).status == 409
    assert bench.counter.answer("another", "not_me").status == 409
    repeat = bench.comes()
    assert not repeat.choices
    assert bench.counter.answer(repeat.id, "not_me").status == 409
    assert len(bench.records()) == 1


def test_an_objection_waits_for_nothing_that_a_full_disk_cannot_keep(bench: Bench) -> None:
    card = bench.comes()
    bench.fill_disk()
    statuses = set()
    for _ in range(40):
        said = bench.counter.answer(card.id, "not_me")
        statuses.add(said.status)
        if said.status == 503:
            break
        card = bench.comes()
    assert 503 in statuses
    assert said.text == words("storage")


def test_who_leaves_early_is_asked_and_recorded_at_their_word(bench: Bench) -> None:
    bench.watch()
    bench.comes()
    bench.at("2026-01-05T15:20:10")
    card = bench.comes()
    assert [choice.name for choice in card.choices] == ["yes", "no"]
    assert "Jadwal pulang pukul 16.00 WITA. Tetap catat?" in card.text
    assert (card.choose_s, card.lasts_s) == (10, 10)
    assert len(bench.records()) == 1, "nothing is recorded before the answer"
    bench.later(seconds=7)
    said = bench.counter.answer(card.id, "yes")
    assert said.status == 200
    out = bench.records()[-1]
    assert (out.body.session, out.at.isoformat()) == ("out", "2026-01-05T15:20:17+08:00")
    assert out.body.duty is not None
    assert (out.body.duty.class_, out.body.duty.minutes) == ("PSW2", 40)
    assert out.body.match is not None
    assert bench.card.receipt == out.body.receipt
    assert said.text == bench.card.text
    assert bench.counter.answer(card.id, "yes") == said
    assert bench.counter.answer(card.id, "no").status == 409
    assert len(bench.records()) == 2
    assert bench.counter.answer(bench.card.id, "not_me").status == 200, "they may still think better of it"


def test_who_says_no_or_nothing_is_not_recorded_and_may_come_again(bench: Bench) -> None:
    bench.watch()
    bench.at("2026-01-05T15:20:00")
    card = bench.comes()
    said = bench.counter.answer(card.id, "no")
    assert (said.status, said.text) == (200, words("early_left"))
    assert bench.screen.state.card is None
    silent = bench.comes()
    bench.later(seconds=11)
    bench.screen.tick()
    assert bench.screen.state.card is None
    assert bench.counter.answer(silent.id, "yes").status == 409
    assert bench.records() == []
    bench.at("2026-01-05T16:01:00")
    assert not bench.comes().text.startswith("Belum")
    (record,) = bench.records()
    assert record.body.session == "out"


def test_the_picture_of_whoever_does_not_answer_is_not_kept(bench: Bench) -> None:
    bench.watch()
    bench.at("2026-01-05T15:20:00")
    image = np.zeros((480, 640, 3), np.uint8)
    kept = weakref.ref(image)
    bench.best_frame = BestFrame(image, Box(200, 100, 400, 340))
    del image
    card = bench.comes()
    bench.best_frame = None
    assert kept() is not None, "a record at their word would have it as evidence"
    bench.later(seconds=11)
    bench.dialogue.tick()
    assert kept() is None
    assert bench.counter.answer(card.id, "yes").status == 409


def test_nobody_is_asked_where_nobody_could_answer(bench: Bench) -> None:
    bench.at("2026-01-05T15:20:00")
    assert "pulang tercatat pukul 15.20 WITA" in bench.comes().text
    assert len(bench.records()) == 1


def test_a_yes_that_comes_after_another_way_of_recording_makes_no_second_record(bench: Bench) -> None:
    bench.watch()
    bench.at("2026-01-05T15:20:00")
    one, other = bench.comes(), bench.comes()
    assert bench.counter.answer(one.id, "yes").status == 200
    assert "sudah presensi pulang" in bench.counter.answer(other.id, "yes").text
    assert len(bench.records()) == 1


def test_the_third_time_unknown_within_a_minute_sends_to_the_officer(bench: Bench) -> None:
    def unknown() -> str:
        bench.later(seconds=15)
        return bench.comes(None, "unknown").title

    first = words("unknown")
    assert [unknown() for _ in range(3)] == [first, first, words("unknown3")]
    bench.comes(None, "refused")
    assert unknown() == words("unknown3"), "a bad picture says nothing of who it is"
    bench.comes("budi")
    assert unknown() == first, "somebody was recognised in between"
    bench.later(minutes=1)
    assert [unknown(), unknown()] == [first, first]


@pytest.mark.parametrize(("verdict", "key"), [("look_alike", "look_alike"), ("margin", "unknown")])
def test_who_looks_like_somebody_else_is_shown_the_way_by_pin(bench: Bench, verdict: Verdict, key: str) -> None:
    assert bench.comes("siti", "unknown", verdict).title == words(key)
    assert "Siti" not in bench.card.model_dump_json()


def test_what_is_recorded_without_a_network_says_that_it_is_kept(bench: Bench) -> None:
    bench.chips(online=False)
    assert words("offline") in bench.comes().notes
    assert words("offline") not in bench.comes().notes, "a repeat keeps nothing"
    bench.chips(online=True)
    card = bench.comes("budi")
    assert words("offline") not in card.notes
    assert isinstance(bench.entries()[-1], RecordEntry)


def test_who_comes_next_cannot_object_to_the_record_of_who_was_there_before(bench: Bench) -> None:
    card = bench.comes()
    bench.later(seconds=1)
    bench.dialogue.make_way()
    assert not bench.card.choices
    assert bench.card.receipt == card.receipt
    said = bench.counter.answer(card.id, "not_me")
    assert (said.status, said.text) == (409, words("too_late"))
    bench.later(seconds=1.9)
    bench.screen.tick()
    assert bench.card.receipt == card.receipt, "a result stands for three seconds"
    bench.later(seconds=0.2)
    bench.screen.tick()
    assert bench.screen.state.card is None
    assert len(bench.records()) == 1


def test_who_comes_next_does_not_answer_what_somebody_else_was_asked(bench: Bench) -> None:
    bench.watch()
    bench.at("2026-01-05T15:20:00")
    card = bench.comes()
    bench.dialogue.make_way()
    assert bench.counter.answer(card.id, "yes").status == 409
    assert bench.records() == []


def test_an_answer_that_was_given_before_somebody_came_stays_given(bench: Bench) -> None:
    card = bench.comes()
    said = bench.counter.answer(card.id, "not_me")
    bench.dialogue.make_way()
    assert bench.counter.answer(card.id, "not_me") == said
    assert bench.card.title == words("taken_back")
