"""Delivery of rosters and policies to kiosks: by a real broker and by a USB stick, from both kinds of database."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from central.documents.policies import keep_policy, read_policy
from central.documents.publishing import write_stick
from central.errors import WrongUseError
from central.keys import make_keys
from central.roster.push import PushReport, check_leavers, read_roster
from central.roster.sheet import RosterError
from central.store.database import CentralDatabase
from central.store.documents import ROSTER, UnitDocuments
from kiosk.lab.demo.broker import Broker
from sync.contract.topics import DEFAULT_ROOT
from sync.documents.roster import MANIFEST, PERSON, PersonDetails
from sync.errors import BrokerError
from tests.brokers import needs_mosquitto
from tests.central.roster.office import BUDI, HEAD, JOKO, SITI, Office, photo
from tests.sync.helpers import AT, TOPICS, UNIT
from tests.sync.subscriber import Subscriber


def test_people_come_signed_and_sealed_with_the_manifest_that_names_them(office: Office) -> None:
    report = office.push(SITI, BUDI, JOKO)
    people = office.people()
    assert report == PushReport(office.manifest().version, people=3, changed=3, removed=0)
    assert office.manifest().people == {document.person: document.version for document, _ in people.values()}
    assert people["Siti"][1] == PersonDetails(name="Siti", title="Ibu", nip="198802292014032903")
    assert people["Joko"][1] == PersonDetails(name="Joko")
    for name in ("Siti", "198802292014032903", "TK-1"):
        assert name.encode() not in b"".join(office.payload("person", p) for p in office.manifest().people)


def test_only_what_changed_gets_a_new_version(office: Office) -> None:
    office.push(SITI, BUDI, JOKO)
    first, before = office.manifest(), office.people()
    assert office.push(JOKO, BUDI, SITI) == PushReport(first.version, 3, changed=0, removed=0)
    assert office.manifest() == first
    assert office.push(SITI, BUDI.replace("Budi", "Budiman"), JOKO).changed == 1
    second, after = office.manifest(), office.people()
    assert second.version > first.version
    assert after["Siti"] == before["Siti"]
    assert after["Budiman"][0].version > before["Budi"][0].version
    assert after["Budiman"][0].person == before["Budi"][0].person


def test_versions_grow_though_the_clock_fell_back(office: Office) -> None:
    office.push(SITI)
    first = office.manifest().version
    office.now -= timedelta(days=400)
    office.push(SITI, BUDI)
    assert office.manifest().version == first + 1


def test_versions_grow_though_the_database_was_lost(office: Office, tmp_path: Path) -> None:
    office.push(SITI)
    office.push(SITI, BUDI)
    last = office.manifest().version
    fresh = replace(office, database=CentralDatabase(f"sqlite:///{tmp_path / 'fresh.db'}"))
    fresh.database.create()
    fresh.push(SITI, BUDI)
    assert fresh.manifest().version > last
    fresh.database.close()


def test_who_left_is_withdrawn_and_who_returns_is_the_same_in_a_new_version(office: Office) -> None:
    office.push(SITI, BUDI)
    before, _ = office.people()["Budi"]
    assert office.push(SITI).removed == 1
    assert before.person not in office.manifest().people
    assert office.payload("person", before.person) == b""
    assert office.push(SITI).removed == 0
    office.push(SITI, BUDI)
    after, _ = office.people()["Budi"]
    assert after.person == before.person
    assert after.version > before.version


def test_a_number_that_is_left_out_stays_known(office: Office) -> None:
    office.push("Joko;199105052024211907;;TK-1\n")
    (joko,) = office.manifest().people
    office.push("Joko;199105052024211907;;\n")
    office.push("Joko;;;TK-1\n")
    assert list(office.manifest().people) == [joko]


def test_a_number_that_was_given_to_the_wrong_person_can_be_set_right(office: Office) -> None:
    """Joko had Siti's NIP by mistake, and the file corrects it and adds Siti."""
    office.push("Joko;198802292014032903;;TK-1\n", "Tono;;;TK-2\n")
    ids = {name: document.person for name, (document, _) in office.people().items()}
    right = ["Joko;199105052024211907;;TK-1\n", "Tono;;;TK-2\n", SITI]
    with pytest.raises(RosterError, match="line 4: the same person as line 2"):
        office.push(*right)
    fresh = "3f2a7c1e-0000-4000-8000-000000000042"
    office.push(*right, ids=[ids["Joko"], "", fresh])
    assert {name: document.person for name, (document, _) in office.people().items()} == ids | {"Siti": fresh}
    assert office.push(*right).changed == 0


def test_two_people_may_change_numbers(office: Office) -> None:
    office.push("Joko;;;TK-1\n", "Tono;;;TK-2\n")
    ids = {name: document.person for name, (document, _) in office.people().items()}
    changed = ["Joko;;;TK-2\n", "Tono;;;TK-1\n"]
    office.push(*changed, ids=[ids["Joko"], ids["Tono"]])
    assert office.push(*changed).changed == 0
    assert {name: document.person for name, (document, _) in office.people().items()} == ids


def test_nothing_is_kept_when_one_line_is_wrong(office: Office) -> None:
    office.push(SITI)
    before = office.manifest()
    with pytest.raises(RosterError) as told:
        office.push(SITI, "Budi;199105052015211907;Om;\n", JOKO, JOKO)
    assert str(told.value).splitlines() == [
        "roster.csv: nothing was pushed, 3 to mend",
        "  line 3: nip: there is no PPPK from before 2019",
        "  line 3: title: neither Bapak nor Ibu: leave it empty for neither",
        "  line 5: the same person as line 4, or has that one's number: see the ids of `roster list`",
    ]
    assert office.manifest() == before


def test_a_roster_of_nobody_is_refused(office: Office) -> None:
    with pytest.raises(RosterError, match="names nobody"):
        office.push()


def test_a_file_that_would_erase_many_is_refused(office: Office) -> None:
    staff = [f"Pegawai {number};;;TK-{number}\n" for number in range(30)]
    office.push(*staff)
    for left, fits in ((25, True), (24, True), (23, False), (1, False)):
        (office.folder / "roster.csv").write_text(HEAD + "".join(staff[:left]), "utf-8")
        roster = read_roster(office.database, UNIT, office.keys.unit(UNIT), office.folder / "roster.csv", None, AT)
        if fits:
            check_leavers(office.database, UNIT, roster)
        else:
            with pytest.raises(RosterError, match=f"{30 - left} of the 30 people"):
                check_leavers(office.database, UNIT, roster)


def test_a_schedule_that_the_policy_does_not_have_is_noted(office: Office) -> None:
    file = office.folder / "roster.csv"
    file.write_text("nama;nomor internal;jadwal\nJoko;TK-1;ram5\nBudi;TK-2;reg5\n", "utf-8")

    def notes() -> tuple[str, ...]:
        return read_roster(office.database, UNIT, office.keys.unit(UNIT), file, None, AT).notes

    assert not any("schedule" in note for note in notes()), "without a policy nobody can tell"
    example = Path(__file__).parents[3] / "central" / "examples" / "policy-kutim.toml"
    keep_policy(office.database, read_policy(example, UNIT, AT), office.keys.agency(), AT)
    assert [note for note in notes() if "schedule" in note] == [
        "line 2: the unit's policy has no schedule ram5: its default will hold"
    ]


def test_photos_stay_until_others_are_given(office: Office, tmp_path: Path) -> None:
    office.photos = tmp_path / "photos"
    office.photos.mkdir()
    photo(office.photos / "TK-1.jpg")
    office.push(SITI, JOKO)
    before = office.people()
    assert [len(before[name][1].photos) for name in ("Siti", "Joko")] == [0, 1]
    office.photos = None
    assert office.push(SITI, JOKO).changed == 0
    office.push(SITI, JOKO.replace("Joko", "Joko S"))
    assert office.people()["Joko S"][1].photos == before["Joko"][1].photos
    office.photos = tmp_path / "photos"
    photo(office.photos / "TK-1.jpg", (600, 900))
    assert office.push(SITI, JOKO.replace("Joko", "Joko S")).changed == 1
    assert office.people()["Joko S"][1].photos != before["Joko"][1].photos


def test_another_unit_key_seals_everybody_anew_and_needs_the_photos_again(office: Office, tmp_path: Path) -> None:
    office.push(SITI)
    (office.keys.folder / f"unit-{UNIT}.key").replace(tmp_path / "old.key")
    make_keys(office.keys.folder, [UNIT])
    with pytest.raises(RosterError, match=r"line 2: .*give the photos again"):
        office.push(SITI)
    office.photos = tmp_path / "photos"
    office.photos.mkdir()
    photo(office.photos / "198802292014032903.jpg")
    assert office.push(SITI).changed == 1
    assert len(office.people()["Siti"][1].photos) == 1


def test_two_who_push_at_once_leave_one_whole_roster(office: Office, url: str) -> None:
    def work(name: str, *lines: str) -> None:
        (office.folder / name).mkdir()
        mine = replace(office, folder=office.folder / name, database=CentralDatabase(url))
        for _ in range(5):
            mine.push(*lines)
        mine.database.close()

    with ThreadPoolExecutor() as pool:
        pushes = [pool.submit(work, "one", SITI, JOKO), pool.submit(work, "two", BUDI, JOKO)]
        for push in pushes:
            push.result()
    with office.database.transaction() as connection:
        held = {
            item.about: item.version for item in UnitDocuments(connection, UNIT).named(["person"]) if not item.withdrawn
        }
    assert held == office.manifest().people
    assert sorted(office.people()) in (["Joko", "Siti"], ["Budi", "Joko"])


@needs_mosquitto
def test_a_broker_gets_people_then_the_manifest_then_who_left(office: Office, tmp_path: Path) -> None:
    office.push(SITI, BUDI)
    (budi, _), manifest = office.people()["Budi"], office.manifest()
    with Broker(tmp_path) as broker, Subscriber(broker, f"{DEFAULT_ROOT}/#") as heard:
        assert office.publish(broker) == 3
        came = [json.loads(heard.next()) for _ in range(3)]
        assert [document["kind"] for document in came] == ["person", "person", "roster"]
        assert office.publish(broker) == 0
        office.push(SITI, JOKO)
        assert office.publish(broker) == 3
        assert PERSON.validate_json(heard.next()).person in office.manifest().people
        assert MANIFEST.validate_json(heard.next()) == office.manifest() != manifest
        assert heard.next() == b""
        with Subscriber(broker, TOPICS.manifest) as late:
            assert late.next() == office.payload("roster", UNIT), "retained"
        joko = next(person for person in office.manifest().people if person not in manifest.people)
        with Subscriber(broker, f"{TOPICS.people}/{joko}") as late:
            assert late.next() == office.payload("person", joko), "retained"
        with Subscriber(broker, f"{TOPICS.people}/+") as late:
            assert {PERSON.validate_json(late.next()).person for _ in range(2)} == set(office.manifest().people)
            assert budi.person not in office.manifest().people


@needs_mosquitto
def test_what_the_broker_did_not_take_is_published_the_next_time(office: Office, tmp_path: Path) -> None:
    """The broker refuses messages that are larger than the document of a person without photos."""
    office.photos = tmp_path / "photos"
    office.photos.mkdir()
    photo(office.photos / "TK-1.jpg")
    office.push(SITI, BUDI, JOKO)
    broker = Broker(tmp_path, "allow_anonymous true\nmessage_size_limit 1500")
    with broker, pytest.raises(BrokerError):
        office.publish(broker)
    with Broker(tmp_path) as roomy, Subscriber(roomy, TOPICS.manifest) as heard:
        assert 2 <= office.publish(roomy) <= 4
        assert MANIFEST.validate_json(heard.next()) == office.manifest()
        assert office.publish(roomy) == 0


@needs_mosquitto
def test_a_broker_that_forgot_gets_everything_again_when_it_is_said(office: Office, tmp_path: Path) -> None:
    office.push(SITI)
    with Broker(tmp_path) as broker:
        assert office.publish(broker) == 2
        broker.kill()
        broker.start()
        with office.database.transaction() as connection:
            UnitDocuments(connection, UNIT).forget_published(ROSTER)
        assert office.publish(broker) == 2
        with Subscriber(broker, TOPICS.manifest) as late:
            assert MANIFEST.validate_json(late.next()) == office.manifest()


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    return tmp_path / "stick"


def test_a_stick_holds_what_is_published(office: Office, stick: Path) -> None:
    office.push(SITI, BUDI)
    assert write_stick(office.database, UNIT, ROSTER, stick) == 3
    manifest = office.manifest()
    names = {"manifest.json", *(f"person-{person}.json" for person in manifest.people)}
    assert {file.name for file in stick.iterdir()} == names
    assert (stick / "manifest.json").read_bytes() == office.payload("roster", UNIT)
    office.push(SITI)
    (stick / "policy.json").write_bytes(b"another's")
    assert write_stick(office.database, UNIT, ROSTER, stick) == 2
    (siti,) = office.manifest().people
    assert {file.name for file in stick.iterdir()} == {"manifest.json", f"person-{siti}.json", "policy.json"}
    assert (stick / f"person-{siti}.json").read_bytes() == office.payload("person", siti)


def test_a_stick_of_another_unit_is_left_as_it_is(office: Office, stick: Path) -> None:
    office.push(SITI)
    write_stick(office.database, UNIT, ROSTER, stick)
    before = (stick / "manifest.json").read_bytes()
    with pytest.raises(WrongUseError, match="a folder of its own"):
        write_stick(office.database, "busang", ROSTER, stick)
    assert (stick / "manifest.json").read_bytes() == before


def test_a_stick_that_is_full_is_said(office: Office, small_disk: Path) -> None:
    office.push(SITI)
    (small_disk / "filler").write_bytes(bytes(shutil.disk_usage(small_disk).free - 4096))
    with pytest.raises(WrongUseError, match="No space left"):
        write_stick(office.database, UNIT, ROSTER, small_disk)
