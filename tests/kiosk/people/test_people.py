"""Enrolled people: the store, the gallery made of it, enrolment that checks itself, renewal after a change of model."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from kiosk import settings as settings_file
from kiosk.app import parts
from kiosk.enrolment.examination import EnrolmentRefusedError, examine
from kiosk.enrolment.shots import as_png, shots_from_photos
from kiosk.people import Details, EnrolledPerson, People, Shot, enrolled_gallery, stored_gallery
from kiosk.people.later_shots import LaterShot
from kiosk.people.reembedding import reembed
from kiosk.recognition.gallery_cache import GalleryCache
from kiosk.runtime.errors import UnknownPersonError
from kiosk.storage.vault import DeviceSecret
from models.assets import AssetStore
from models.embedder import Embedder
from models.gallery import unit
from sync.errors import ContractError, StoreDamaged
from tests.kiosk.samples import MATCH_POLICY, face

NOW = datetime(2026, 1, 5, 7, 28, tzinfo=UTC)
SMALL = np.zeros((10, 10, 3), np.uint8)
SETTINGS = settings_file.laptop_settings(Path("/nowhere"))


def shots(axis: int, count: int = 3) -> list[Shot]:
    return [Shot(face(axis, seed=number), b"") for number in range(count)]


def store_in(folder: Path) -> People:
    return People(folder / "people.db", DeviceSecret.of(folder, {}))


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    with store_in(tmp_path) as store:
        yield store


def test_what_is_put_is_found_and_what_is_removed_is_gone(people: People) -> None:
    people.put("siti", Details(name="Ibu Siti"), "m", shots(0), NOW)
    people.put("budi", Details(name="Pak Budi"), "old", shots(1, 2), NOW)
    assert [(p.id, p.details.name, p.model, p.shots) for p in people.all()] == [
        ("budi", "Pak Budi", "old", 2),
        ("siti", "Ibu Siti", "m", 3),
    ]
    enrolled = people.enrolled("m", 32)
    assert list(enrolled) == ["siti"]
    assert np.allclose(enrolled["siti"].shots[0], face(0))
    assert people.remove("siti") == 3
    assert people.enrolled("m", 32) == {}
    with pytest.raises(UnknownPersonError, match="siti"):
        people.remove("siti")


def test_the_roll_knows_who_works_by_another_schedule_than_the_default(people: People) -> None:
    people.put("siti", Details(name="Siti", schedule="shift"), "m", shots(0), NOW)
    people.put("budi", Details(name="Budi"), "m", shots(1), NOW)
    assert stored_gallery(people, MATCH_POLICY).schedules == {"siti": "shift"}


def test_the_screen_calls_people_by_the_title_that_the_agency_gives(people: People) -> None:
    people.put("siti", Details(name="Siti Aminah", title="Ibu"), "m", shots(0), NOW)
    people.put("budi", Details(name="Budi"), "m", shots(1), NOW)
    assert stored_gallery(people, MATCH_POLICY).names == {"siti": "Ibu Siti Aminah", "budi": "Budi"}


def test_enrolling_again_replaces(people: People) -> None:
    people.put("siti", Details(name="Siti"), "m", shots(0, 5), NOW)
    people.put("siti", Details(name="Ibu Siti"), "m", shots(3, 2), NOW)
    assert [(p.details.name, p.shots) for p in people.all()] == [("Ibu Siti", 2)]


def test_an_id_that_is_no_slug_is_refused(people: People) -> None:
    with pytest.raises(ContractError, match="person id"):
        people.put("199001012014031001 X", Details(name="X"), "m", shots(0), NOW)


def test_a_damaged_store_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "people.db"
    path.write_bytes(b"people " * 1000)
    with pytest.raises(StoreDamaged, match=r"people\.db is damaged.*put a backup in its place"), store_in(tmp_path):
        pass


def spoil(people: People, change: Callable[[bytes], bytes]) -> None:
    """Change every stored vector, as a bad disk or a bad tool may."""
    with closing(sqlite3.connect(people.path)) as connection, connection:
        connection.create_function("spoilt", 1, change)
        connection.execute("UPDATE shot SET vector = spoilt(vector)")


@pytest.mark.parametrize(
    "change",
    [
        lambda blob: blob[:-4],
        lambda blob: blob[:-3],
        lambda _: b"",
        lambda blob: blob + bytes(4),
        lambda blob: bytes(len(blob)),
        lambda _: np.full(32, np.nan, "<f4").tobytes(),
        lambda blob: blob[:3] + b"\x7f" + blob[4:],
    ],
    ids=["short", "odd", "empty", "long", "zero", "nan", "flipped"],
)
def test_a_damaged_template_is_refused_with_the_persons_id_and_what_to_do(
    people: People, change: Callable[[bytes], bytes]
) -> None:
    people.put("siti", Details(name="Ibu Siti"), "m", shots(0), NOW)
    people.put("budi", Details(name="Pak Budi"), "another", shots(1), NOW)
    spoil(people, change)
    with pytest.raises(StoreDamaged, match=r"the templates of siti are damaged.*kiosk people remove siti") as refused:
        stored_gallery(people, MATCH_POLICY)
    assert "Ibu Siti" not in str(refused.value)
    assert people.damaged("m", 32) == {"siti"}


def test_damaged_templates_are_made_again_from_the_portraits(people: People) -> None:
    embedder = parts.embedder(SETTINGS)
    with parts.pipeline(SETTINGS, embedder) as pipeline:
        (shot,) = shots_from_photos([AssetStore().path("photo-grace-hopper")], pipeline)
    people.put("siti", Details(name="Ibu Siti"), embedder.model, [shot], NOW)
    spoil(people, lambda blob: blob[:100])
    assert reembed(people, embedder).renewed == ("siti",)
    (again,) = people.enrolled(embedder.model, embedder.dimension)["siti"].shots
    assert again @ shot.vector == pytest.approx(1, abs=1e-5)
    assert reembed(people, embedder).renewed == ()


def test_the_roll_knows_names_and_sets_strangers_shots_aside() -> None:
    mixed = (face(0), face(7), face(0, seed=1), face(0, seed=2))
    gallery = enrolled_gallery(
        {"siti": EnrolledPerson("Ibu Siti", mixed), "budi": EnrolledPerson("Pak Budi", (face(1),))}, MATCH_POLICY
    )
    assert gallery.set_aside == {"siti": 1}
    judgement = gallery.identify(face(0, seed=9))
    assert (judgement.verdict, judgement.nearest and judgement.nearest.person) == ("accepted", "siti")
    assert gallery.names["siti"] == "Ibu Siti"
    assert gallery.identify(face(9)).verdict == "threshold"


def test_somebody_whose_shots_do_not_agree_is_left_out_and_named() -> None:
    gallery = enrolled_gallery({"mixed": EnrolledPerson("X", (face(0), face(1)))}, MATCH_POLICY)
    assert (len(gallery.templates), gallery.left_out) == (0, ("mixed",))
    assert gallery.identify(face(0)).verdict == "empty_gallery"


def test_the_threshold_rises_with_the_roster() -> None:
    enrolled = {f"p{number}": EnrolledPerson(f"P{number}", (face(number),)) for number in range(30)}
    few, many = (enrolled_gallery(dict(list(enrolled.items())[:count]), MATCH_POLICY) for count in (2, 30))
    assert many.acceptance.threshold > few.acceptance.threshold


def test_twins_are_look_alikes_and_need_a_wider_margin() -> None:
    twin = unit(face(0) + 0.25 * face(1))
    gallery = enrolled_gallery(
        {"siti": EnrolledPerson("Siti", (face(0),)), "sari": EnrolledPerson("Sari", (twin,))}, MATCH_POLICY
    )
    assert gallery.look_alikes == {frozenset({"siti", "sari"})}
    between = unit(face(0) + 0.1 * face(1))
    assert gallery.identify(between).verdict in ("margin", "look_alike")


def test_enrolling_somebody_who_is_here_under_another_id_names_both() -> None:
    gallery = enrolled_gallery({"siti": EnrolledPerson("Ibu Siti", (face(0),))}, MATCH_POLICY)
    with pytest.raises(EnrolmentRefusedError, match=r"sari is not enrolled: the face is that of siti \(Ibu Siti\)"):
        examine("sari", shots(0), gallery, MATCH_POLICY)
    examination = examine("sari", shots(0), gallery, MATCH_POLICY, although_alike=True)
    assert [person for person, _ in examination.look_alikes] == ["siti"]
    assert examine("siti", shots(0), gallery, MATCH_POLICY).look_alikes == ()


def test_the_keeper_takes_up_what_another_process_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.recognition.gallery_cache._CHECK_S", 0.0)
    with store_in(tmp_path) as mine, store_in(tmp_path) as other:
        keeper = GalleryCache(mine, lambda: MATCH_POLICY)
        first = keeper.current()
        assert len(first.templates) == 0
        assert keeper.current() is first
        other.put("siti", Details(name="Ibu Siti"), "m", shots(0), NOW)
        assert len(keeper.current().templates) == 1
        other.remove("siti")
        assert len(keeper.current().templates) == 0


def test_after_a_change_of_model_people_are_embedded_again_from_their_portraits(people: People) -> None:
    whole = parts.embedder(SETTINGS)
    with parts.pipeline(SETTINGS, whole) as pipeline:
        enrolled = shots_from_photos([AssetStore().path("photo-grace-hopper")], pipeline)
    people.put("siti", Details(name="Ibu Siti"), whole.model, enrolled, NOW)
    people.put("budi", Details(name="Pak Budi"), "a model of long ago", [Shot(face(0), b"no picture")], NOW)
    people.put("sari", Details(name="Ibu Sari"), "a model of long ago", [Shot(face(0), as_png(SMALL))], NOW)
    alone = Embedder(whole.members[:1])
    renewal = reembed(people, alone)
    assert (renewal.renewed, renewal.to_enrol) == (("siti",), ("budi", "sari"))
    (again,) = people.enrolled(alone.model, alone.dimension)["siti"].shots
    assert again.shape == (alone.dimension,)
    assert people.add_later("siti", alone.model, LaterShot(again, NOW.date() + timedelta(days=1), 1.0))
    assert people.enrolled(whole.model, whole.dimension) == {}, "vectors of another model are not even read"
    back = reembed(people, whole)
    assert people.later_days() == {}
    assert back.renewed == ("siti",)
    assert people.enrolled(whole.model, whole.dimension)["siti"].shots[0] @ enrolled[0].vector == pytest.approx(
        1, abs=1e-5
    )


def later(axis: int, day: int) -> LaterShot:
    return LaterShot(face(axis, seed=40 + day), NOW.date() + timedelta(days=day), 0.9)


def test_later_shots_are_kept_one_a_day_and_the_oldest_goes(people: People) -> None:
    people.put("siti", Details(name="Ibu Siti"), "m", shots(0), NOW)
    changes = people.changes()
    assert [people.add_later("siti", "m", later(0, day)) for day in (1, 2, 2, 3)] == [True, True, False, True]
    assert people.changes() > changes
    for day in range(4, 8):
        people.add_later("siti", "m", later(0, day))
    kept = people.enrolled("m", 32)["siti"].later
    assert [(shot.day - NOW.date()).days for shot in kept] == [3, 4, 5, 6, 7]
    assert np.allclose(kept[0].vector, later(0, 3).vector)
    assert [day for day, _ in people.later_days()["siti"]] == [shot.day for shot in kept]


def test_a_later_shot_of_another_model_or_of_nobody_is_not_kept(people: People) -> None:
    people.put("siti", Details(name="Ibu Siti"), "m", shots(0), NOW)
    people.put("budi", Details(name="Pak Budi"), "m", [], NOW)
    assert not people.add_later("siti", "another", later(0, 1))
    assert not people.add_later("budi", "m", later(1, 1))
    assert not people.add_later("nobody", "m", later(1, 1))
    assert people.later_days() == {}


def test_later_shots_go_with_a_new_enrolment_and_by_an_officer_s_word(people: People) -> None:
    for person in ("siti", "budi"):
        people.put(person, Details(name=person), "m", shots(0), NOW)
        people.add_later(person, "m", later(0, 1))
    people.describe("siti", Details(name="Ibu Siti"), 7)
    assert set(people.later_days()) == {"budi", "siti"}
    people.put("siti", Details(name="Ibu Siti"), "m", shots(0), NOW)
    assert set(people.later_days()) == {"budi"}
    assert people.drop_later("budi") == 1
    assert people.enrolled("m", 32)["budi"].later == ()
    with pytest.raises(UnknownPersonError):
        people.drop_later("nobody")


def test_a_damaged_later_shot_costs_nobody_the_enrolment(people: People) -> None:
    embedder = parts.embedder(SETTINGS)
    vector = unit(np.ones(embedder.dimension, np.float32))
    people.put("siti", Details(name="Ibu Siti"), embedder.model, [Shot(vector, None)], NOW)
    people.add_later("siti", embedder.model, LaterShot(vector, NOW.date() + timedelta(days=1), 0.9))
    with closing(sqlite3.connect(people.path)) as connection:
        connection.execute("UPDATE later_shot SET vector = zeroblob(10)")
        connection.commit()
    with pytest.raises(StoreDamaged, match="kiosk people drop-later siti"):
        people.enrolled(embedder.model, embedder.dimension)
    assert reembed(people, embedder).dropped == ("siti",)
    assert len(people.enrolled(embedder.model, embedder.dimension)["siti"].shots) == 1
