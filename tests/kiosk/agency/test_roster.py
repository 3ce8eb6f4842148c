"""The roster is put into force: who is erased, who is adopted, what is missing, and which events are appended."""

from datetime import UTC, datetime

import pytest

from kiosk.agency.roster import RosterInForce
from kiosk.agency.store import Applied, Kind
from kiosk.people import Details, Shot
from sync.contract import RosterApplied, RosterAppliedDetail
from sync.documents.roster import RosterManifest
from tests.agency import BUDI, SARI, SITI, Agency
from tests.kiosk.agency.bench import MODEL, Bench, face


def apply(bench: Bench, person: str, version: int, shots: int = 1) -> None:
    """Does what the vision thread does with a person's document."""
    now = datetime.now(UTC)
    made = [Shot(face(number), None) for number in range(shots)]
    bench.people.put(person, Details(name="Somebody"), MODEL, made, now, "roster", version)
    bench.store.erase_payload(person, version)
    bench.restarted().worker.turn()


def told(bench: Bench) -> list[RosterAppliedDetail]:
    return [event.detail for event in bench.events("roster_applied") if isinstance(event, RosterApplied)]


def test_it_is_told_once_when_everybody_is_as_the_manifest_says(bench: Bench, agency: Agency) -> None:
    bench.manifest(agency.manifest(4, {SITI: 1, BUDI: 1}))
    assert set(bench.worker.parts.roster.missing()) == {SITI, BUDI}
    for person in (SITI, BUDI):
        bench.person(person, agency.person(person, 1, "Somebody"))
    assert bench.worker.parts.roster.missing() == []
    apply(bench, SITI, 1)
    assert told(bench) == []
    assert bench.worker.roster_version() is None
    apply(bench, BUDI, 1, shots=0)
    assert told(bench) == [RosterAppliedDetail(version=4, people=2, added=2, changed=0, removed=0, without_face=1)]
    after = bench.restarted()
    after.worker.turn()
    assert len(told(bench)) == 1
    assert after.worker.roster_version() == 4


def test_what_changed_is_counted_from_roster_to_roster(bench: Bench, agency: Agency) -> None:
    bench.manifest(agency.manifest(1, {SITI: 1, BUDI: 1}))
    apply(bench, SITI, 1)
    apply(bench, BUDI, 1)
    bench.manifest(agency.manifest(2, {SITI: 2, SARI: 1}))
    apply(bench, SARI, 1)
    apply(bench, SITI, 2)
    assert told(bench)[-1] == RosterAppliedDetail(version=2, people=2, added=1, changed=1, removed=1, without_face=0)


def test_who_is_not_named_any_more_is_erased_everywhere_at_once(bench: Bench, agency: Agency) -> None:
    bench.manifest(agency.manifest(1, {SITI: 1, BUDI: 1}))
    bench.person(BUDI, agency.person(BUDI, 1, "Budi"))
    apply(bench, SITI, 1)
    bench.manifest(agency.manifest(2, {SARI: 1}))
    assert SITI not in bench.people.statuses()
    assert bench.store.people() == []
    assert [event.detail.person for event in bench.events("removed")] == [SITI]


def test_evidence_goes_before_the_person_so_that_a_power_cut_forgets_neither(bench: Bench, agency: Agency) -> None:
    bench.enrol(SITI, at_the_wall=False, version=1)
    bench.manifest(agency.manifest(1, {SITI: 1}))
    parts = bench.worker.parts

    def cut(person: str) -> None:
        assert person in bench.people.statuses()
        raise KeyboardInterrupt

    roster = RosterInForce(
        bench.store, parts.acceptance, bench.people, bench.ledger, bench.event_log, MODEL, forget=cut
    )
    parts.acceptance.manifest(agency.manifest(2, {}))
    roster.read()
    with pytest.raises(KeyboardInterrupt):
        roster.reconcile()
    assert SITI in bench.people.statuses(), "whoever looks next finds what is to be done"
    forgotten: list[str] = []
    roster = RosterInForce(
        bench.store, parts.acceptance, bench.people, bench.ledger, bench.event_log, MODEL, forget=forgotten.append
    )
    roster.read()
    roster.reconcile()
    assert forgotten == [SITI]
    assert bench.people.statuses() == {}


def test_who_was_enrolled_at_the_wall_stays_until_the_agency_has_named_them_and_does_so_no_more(
    bench: Bench, agency: Agency
) -> None:
    for person in (SITI, BUDI):
        bench.enrol(person)
    bench.manifest(agency.manifest(1, {}))
    assert set(bench.people.statuses()) == {SITI, BUDI}
    bench.manifest(agency.manifest(2, {SITI: 1}))
    assert bench.people.statuses()[SITI].origin == "roster"
    bench.manifest(agency.manifest(3, {}))
    assert set(bench.people.statuses()) == {BUDI}


def test_a_power_cut_after_the_event_does_not_tell_it_twice(bench: Bench, agency: Agency) -> None:
    bench.policy(agency.policy(2))
    bench.manifest(agency.manifest(3, {}))
    kinds: tuple[Kind, ...] = ("policy", "roster")
    for kind in kinds:
        bench.store.apply(kind, Applied())
    bench.restarted().worker.turn()
    assert (len(bench.events("policy_applied")), len(told(bench))) == (1, 1)
    assert (bench.store.applied("policy").version, bench.store.applied("roster").version) == (2, 3)


def test_an_unsigned_empty_message_erases_nobody(bench: Bench, agency: Agency) -> None:
    bench.enrol(SITI, at_the_wall=False, version=1)
    bench.manifest(agency.manifest(1, {SITI: 1}))
    bench.person(SITI, b"")
    bench.manifest(b"")
    assert SITI in bench.people.statuses()
    assert bench.refused() == [("roster", "contract", 1)]


def test_a_replayed_roster_brings_nobody_back(bench: Bench, agency: Agency) -> None:
    old = agency.manifest(1, {SITI: 1})
    document = agency.person(SITI, 1, "Siti")
    bench.manifest(old)
    bench.manifest(agency.manifest(2, {}))
    bench.manifest(old)
    bench.person(SITI, document)
    assert bench.store.people() == []
    roster = bench.worker.parts.roster.manifest
    assert isinstance(roster, RosterManifest)
    assert roster.version == 2
    assert bench.refused() == [("roster", "rollback", 1), ("person", "rollback", 1)]


def test_after_a_change_of_model_documents_are_asked_for_again(bench: Bench, agency: Agency) -> None:
    document = agency.person(SITI, 1, "Siti")
    bench.manifest(agency.manifest(1, {SITI: 1}))
    bench.person(SITI, document)
    apply(bench, SITI, 1)
    assert bench.worker.parts.roster.missing() == []
    changed = bench.restarted("another-model@sha256:1")
    changed.worker.turn()
    assert changed.worker.parts.roster.missing() == [SITI]
    changed.person(SITI, document)
    assert changed.store.waiting() == {SITI: 1}
    assert changed.refused() == []


def test_a_policy_that_drops_photos_drops_those_that_were_kept(bench: Bench, agency: Agency) -> None:
    bench.enrol(SITI, at_the_wall=False, version=1)
    bench.enrol(BUDI)
    bench.policy(agency.policy(1, photos="keep"))
    assert bench.people.portraits(SITI) == [b"png"]
    bench.policy(agency.policy(2, photos="drop"))
    assert bench.people.portraits(SITI) == []
    assert bench.people.portraits(BUDI) == [b"png"]
    assert len(bench.people.enrolled(MODEL, 32)) == 2
    assert [event.detail.version for event in bench.events("policy_applied")] == [1, 2]
