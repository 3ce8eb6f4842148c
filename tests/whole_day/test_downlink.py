"""The real daemon and what the agency sends: rosters, policies, commands, and what only claims to come from there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk import settings as settings_file
from kiosk.app import parts
from sync.contract import DocumentRefused, EventBody, Moved, RosterApplied, RosterAppliedDetail
from sync.documents.command import Reload, Reply, Report, ResendFrom, Say
from sync.documents.envelope import LARGEST
from sync.documents.roster import EnrolmentDocument, enrolment_purpose
from sync.keyfile import from_base64url
from sync.signing import SigningKey
from tests import commands
from tests.agency import BUDI, SARI, SITI, Agency, Wire, wire
from tests.brokers import needs_mosquitto
from tests.faces import more_people, wall
from tests.waiting import LIMIT_S
from tests.whole_day.harness import Kiosk, change, office, walk

pytestmark = needs_mosquitto


@dataclass(frozen=True, slots=True)
class Provisioned:
    """A kiosk that knows its agency, and the agency's line to the broker."""

    kiosk: Kiosk
    agency: Agency
    centre: Wire

    def events(self, kind: str) -> list[EventBody]:
        bodies = [entry.body for entry in self.kiosk.entries() if entry.kind == "event"]
        return [body for body in bodies if body.type == kind]

    def rosters(self) -> list[RosterAppliedDetail]:
        return [event.detail for event in self.events("roster_applied") if isinstance(event, RosterApplied)]

    def refused(self) -> list[tuple[str, str, int | None, str | None]]:
        details = [event.detail for event in self.events("document_refused") if isinstance(event, DocumentRefused)]
        return [(detail.document, detail.reason, detail.version, detail.about) for detail in details]

    def hand_out(self, version: int, people: dict[str, bytes], copies: int = 1) -> None:
        """A roster as the centre publishes it: people first, each as version 1, then who is in it."""
        for number, (person, photo) in enumerate(people.items()):
            self.centre.person(person, self.agency.person(person, 1, f"Orang {number}", [photo] * copies))
        self.centre.manifest(self.agency.manifest(version, dict.fromkeys(people, 1)))

    def wait_for_roster(self, version: int) -> RosterAppliedDetail:
        def last() -> RosterAppliedDetail | None:
            return next((detail for detail in self.rosters() if detail.version == version), None)

        return self.kiosk.wait(last, f"roster {version}")

    def enrolled(self) -> set[str]:
        with parts.people(self.kiosk.settings) as people:
            return set(people.statuses())


@contextmanager
def provisioned(folder: Path, url: str | None = None) -> Iterator[Provisioned]:
    """Nobody walks up, unless there is another camera URL."""
    picture = folder / "wall.png"
    picture.write_bytes(wall())
    with office(folder, url or f"file:{picture}?loop=1&realtime=1") as (place, kiosk):
        agency = Agency(kiosk.settings.kiosk.unit)
        agency.pin(kiosk.config, kiosk.settings)
        change(kiosk.config, "receipts = false", "receipts = true")
        with wire(place.broker, parts.topics(kiosk.settings)) as centre:
            yield Provisioned(kiosk, agency, centre)


@pytest.fixture(scope="module")
def strangers() -> list[bytes]:
    """Photos of six people."""
    with parts.pipeline(settings_file.laptop_settings(Path("/nowhere"))) as pipeline:
        return [photo for photo, _ in more_people(pipeline, 6)]


def test_a_roster_holds_and_who_is_taken_off_it_is_gone(
    tmp_path: Path, known: Path, stranger: Path, strangers: list[bytes]
) -> None:
    with provisioned(tmp_path) as it:
        it.kiosk.start_ready()
        photos = {SITI: known.read_bytes(), BUDI: stranger.read_bytes(), SARI: strangers[0]}
        it.hand_out(7, photos)
        detail = it.wait_for_roster(7)
        assert (detail.people, detail.added, detail.without_face) == (3, 3, 0)
        assert it.enrolled() == {SITI, BUDI, SARI}
        it.kiosk.wait(lambda: "3 people enrolled" in it.kiosk.log, "the gallery")
        with parts.parcels(it.kiosk.settings) as parcels:
            parcels.keep_evidence(SARI, b"sealed", datetime.now(UTC))
            it.centre.manifest(it.agency.manifest(8, {SITI: 1, BUDI: 1}))
            assert it.wait_for_roster(8).removed == 1
            it.kiosk.wait(lambda: "2 people enrolled" in it.kiosk.log, "the smaller gallery")
            assert parcels.evidence_bytes() == 0
        assert it.enrolled() == {SITI, BUDI}
        assert it.refused() == []
        it.kiosk.stop()
        everything = b"".join(file.read_bytes() for file in tmp_path.glob("people.db*"))
        assert SARI.encode() not in everything


def test_a_person_of_the_roster_is_recorded_with_its_version(tmp_path: Path, known: Path) -> None:
    with provisioned(tmp_path) as it:
        it.kiosk.start_ready()
        it.hand_out(7, {SITI: known.read_bytes()})
        it.centre.policy(it.agency.policy(3))
        it.wait_for_roster(7)
        it.kiosk.wait(lambda: it.events("policy_applied"), "the policy")
        it.kiosk.stop()
        wall_url = f"file:{tmp_path / 'wall.png'}?loop=1&realtime=1"
        change(tmp_path / "queue.txt", wall_url, walk(known))
        it.kiosk.start_ready()
        it.kiosk.wait(lambda: it.kiosk.said("recorded"), "record")
        it.kiosk.stop()
        (record,) = it.kiosk.records()
        assert record.body.person == SITI
        assert record.body.match is not None
        assert record.body.match.roster == 7


@pytest.mark.parametrize("how", ["no network", "switched off"])
def test_who_was_taken_off_while_the_kiosk_was_away_is_gone_when_it_is_back(
    tmp_path: Path, known: Path, how: str
) -> None:
    with provisioned(tmp_path) as it:
        it.kiosk.start_ready()
        it.hand_out(1, {SITI: known.read_bytes()})
        it.wait_for_roster(1)
        if how == "switched off":
            it.kiosk.kill()
            it.centre.manifest(it.agency.manifest(2, {}))
            it.kiosk.start()
        else:
            port = it.kiosk.settings.broker.port
            it.kiosk.kill()
            change(it.kiosk.config, f"port = {port}", "port = 1")
            it.kiosk.start_ready()
            it.centre.manifest(it.agency.manifest(2, {}))
            assert it.enrolled() == {SITI}, "nobody could tell the kiosk"
            it.kiosk.kill()
            change(it.kiosk.config, "port = 1\n", f"port = {port}\n")
            it.kiosk.start()
        it.wait_for_roster(2)
        assert it.enrolled() == set()


def test_a_power_cut_while_a_roster_is_applied_leaves_it_to_be_finished(tmp_path: Path, strangers: list[bytes]) -> None:
    photos = {f"{number}" * 8 + "-0000-4000-8000-000000000000": photo for number, photo in enumerate(strangers)}
    with provisioned(tmp_path) as it:
        it.kiosk.start_ready()
        it.hand_out(1, photos, copies=5)
        for count in (1, 3):
            it.kiosk.wait(lambda count=count: f" {count} people enrolled" in it.kiosk.log, f"{count} people")  # type: ignore[misc]  # mypy infers no default of a lambda
            it.kiosk.kill()
            assert it.rosters() == []
            it.kiosk.start_ready()
        detail = it.wait_for_roster(1)
        assert (detail.people, detail.added, detail.without_face) == (6, 6, 0)
        with parts.people(it.kiosk.settings) as people:
            assert {person: known.shots for person, known in people.statuses().items()} == dict.fromkeys(photos, 5)
        it.kiosk.stop()
        assert len(it.rosters()) == 1


def test_what_is_forged_replayed_or_rolled_back_is_refused_named_and_counted(tmp_path: Path, known: Path) -> None:
    with provisioned(tmp_path) as it:
        centre, agency, thief = it.centre, it.agency, SigningKey.make()
        old_policy, old_manifest = agency.policy(1), agency.manifest(1, {SITI: 1, BUDI: 1})
        it.kiosk.start_ready()
        it.hand_out(2, {SITI: known.read_bytes()})
        centre.policy(agency.policy(2))
        it.wait_for_roster(2)
        it.kiosk.wait(lambda: it.events("policy_applied"), "the policy")
        centre.policy(agency.policy(9, key=thief))
        centre.policy(old_policy)
        centre.policy(agency.policy(2, photos="keep"))
        centre.manifest(agency.manifest(9, {}, key=thief))
        centre.manifest(old_manifest)
        centre.manifest(b"{" * 100_000)
        centre.manifest(b" " * (LARGEST + 1))
        centre.person(SITI, agency.person(SITI, 2, "Maling", key=thief))
        centre.say(centre.topics.command, agency.command(Say, text="x", key=thief, kiosk=centre.topics.kiosk))
        centre.say(centre.topics.command, b"\xff")
        wanted = {
            ("policy", "signature", None, None),
            ("policy", "rollback", 1, None),
            ("policy", "conflict", 2, None),
            ("roster", "signature", None, None),
            ("roster", "rollback", 1, None),
            ("roster", "contract", None, None),
            ("person", "signature", None, SITI),
            ("command", "signature", None, None),
            ("command", "contract", None, None),
        }
        it.kiosk.wait(lambda: wanted <= set(it.refused()), "every refusal")
        assert sorted(map(str, it.refused())) == sorted(map(str, wanted)), "each is one event"
        assert it.enrolled() == {SITI}
        it.kiosk.stop()
        assert len(it.rosters()) == 1


def test_the_policys_fence_and_certainty_hold_at_once_and_after_a_start_without_a_network(tmp_path: Path) -> None:
    with provisioned(tmp_path) as it:
        change(it.kiosk.config, "radius_m = 50", "radius_m = 50\nmoved_after_s = 1")
        it.kiosk.start_ready()
        far = {"lat": 0.6, "lon": 117.5, "radius_m": 77.0}
        it.centre.policy(it.agency.policy(1, fence=far, fpir=0.05))
        moved = it.kiosk.wait(lambda: it.events("moved"), "moved")
        assert isinstance(moved[0], Moved)
        assert moved[0].detail.radius_m == 77
        it.kiosk.wait(lambda: "for FPIR 0.0500" in it.kiosk.log, "the certainty")
        it.kiosk.kill()
        change(it.kiosk.config, f"port = {it.kiosk.settings.broker.port}", "port = 1")
        it.kiosk.start_ready()
        it.kiosk.wait(lambda: it.kiosk.log.count("for FPIR 0.0500") == 2, "the certainty again")
        it.kiosk.stop()
        assert len(it.events("policy_applied")) == 1


def test_commands_are_done_once_and_answered(tmp_path: Path, known: Path) -> None:
    with provisioned(tmp_path) as it:
        centre, command = it.centre, it.agency.command
        it.kiosk.start_ready()
        it.hand_out(4, {SITI: known.read_bytes()})
        it.wait_for_roster(4)
        kiosk = centre.topics.kiosk
        report = command(Report, kiosk=kiosk)
        answer = Reply.model_validate_json(centre.ask(report) or b"")
        assert answer.done
        assert (answer.facts["people"], answer.facts["roster"], answer.facts["policy"]) == (1, 4, None)
        assert set(answer.facts) >= {"version", "last_seq", "unsent", "waiting", "stage", "free_bytes", "clock"}
        assert "Orang" not in str(answer.facts)
        for what in (
            command(Say, kiosk=kiosk, text="Rapat pukul 10.00 di aula", seconds=1),
            command(Reload, kiosk=kiosk),
            command(ResendFrom, kiosk=kiosk, seq=1, through_seq=None),
        ):
            assert Reply.model_validate_json(centre.ask(what) or b"").done
        it.kiosk.wait(lambda: it.kiosk.said("the line from the centre is taken away"), "the end of the line")
        assert it.refused() == []
        centre.say(centre.topics.command, report, retain=False)
        refused = it.kiosk.wait(it.refused, "the refusal of a replay")
        assert [(document, reason) for document, reason, _, _ in refused] == [("command", "rollback")]
        it.kiosk.kill()
        it.kiosk.start_ready()
        assert centre.ask(report, wait_s=2) is None, "a start forgets no version"
        it.kiosk.stop()


def test_no_answer_goes_to_where_it_must_not(tmp_path: Path) -> None:
    with provisioned(tmp_path) as it:
        it.kiosk.start_ready()
        report = it.agency.command(Report, kiosk=it.centre.topics.kiosk)
        assert it.centre.ask(report, answer_to="elsewhere/answers", wait_s=2) is None
        it.kiosk.stop()
        assert "its response topic is not under senfie/v1/" in it.kiosk.log


def test_who_is_enrolled_at_the_wall_is_told_to_the_agency_alone(tmp_path: Path, known: Path) -> None:
    with provisioned(tmp_path) as it:
        topic = f"{it.centre.topics.enrolments}/{SITI}"
        with it.centre.hearing(topic) as heard:
            it.kiosk.start_ready()
            enrol = ["enrol", "--person", SITI, "--name", "Siti", str(known), "--config", str(it.kiosk.config)]
            commands.run("kiosk", *enrol, cwd=tmp_path).check_returncode()
            sealed = heard.get(timeout=LIMIT_S)
        it.kiosk.stop()
        purpose = enrolment_purpose(it.agency.unit, it.centre.topics.kiosk, SITI)
        told = EnrolmentDocument.model_validate_json(it.agency.seal.open(sealed, purpose))
        vector = from_base64url(told.template.vectors[0])
        with parts.people(it.kiosk.settings) as people:
            (person,) = people.all()
            (shot,) = people.enrolled(person.model, len(vector) // 4)[SITI].shots
        assert (told.name, told.template.model) == ("Siti", person.model)
        assert vector == shot.tobytes()


@pytest.mark.parametrize("running", [True, False])
def test_a_stick_brings_roster_and_policy(tmp_path: Path, known: Path, running: bool) -> None:
    with provisioned(tmp_path) as it:
        stick = tmp_path / "stick"
        stick.mkdir()
        (stick / f"person-{SITI}.json").write_bytes(it.agency.person(SITI, 1, "Siti", [known.read_bytes()]))
        (stick / "manifest.json").write_bytes(it.agency.manifest(1, {SITI: 1}))
        (stick / "policy.json").write_bytes(it.agency.policy(1, key=SigningKey.make()))
        if running:
            it.kiosk.start_ready()
        done = commands.run("kiosk", "documents", "import", str(stick), "--config", str(it.kiosk.config), cwd=tmp_path)
        assert done.returncode == 1, done.stderr
        assert "policy.json is refused (signature)" in done.stderr
        assert "Siti" not in done.stderr
        if not running:
            it.kiosk.start_ready()
        it.wait_for_roster(1)
        it.kiosk.stop()
        assert it.refused() == [("policy", "signature", None, None)]
