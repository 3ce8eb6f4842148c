"""Which documents are taken, and why others are not."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial

import pytest

from kiosk.agency.acceptance import DocumentAcceptance, UnitKeys
from sync.documents.envelope import LARGEST
from sync.documents.policy import POLICY
from sync.documents.roster import MANIFEST, RosterManifest
from sync.documents.sealing import Opener
from sync.signing import SigningKey
from tests.agency import BUDI, SITI, Agency
from tests.kiosk.agency.bench import Bench, refusal_of


@pytest.fixture
def takes(bench: Bench) -> DocumentAcceptance:
    return bench.worker.parts.acceptance


def roster_in(takes: DocumentAcceptance) -> RosterManifest | None:
    return takes.kept("roster", MANIFEST)


def test_what_the_agency_signed_is_taken_once(takes: DocumentAcceptance, agency: Agency) -> None:
    policy, manifest = agency.policy(3), agency.manifest(7, {SITI: 2})
    assert (takes.policy(policy), takes.manifest(manifest)) == ("kept", "kept")
    assert (takes.policy(policy), takes.manifest(manifest)) == ("known", "known")
    person = agency.person(SITI, 2, "Siti")
    assert takes.person(SITI, person, roster_in(takes)) == "kept"
    assert takes.person(SITI, person, roster_in(takes)) == "known"
    newer = agency.policy(4)
    assert takes.policy(newer) == "kept"
    kept = takes.kept("policy", POLICY)
    assert kept is not None
    assert kept.version == 4


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (lambda agency: agency.policy(2, key=SigningKey.make()), "signature"),
        (lambda agency: agency.policy(2).replace(b'"trial"', b'"inactive"'), "signature"),
        (lambda agency: json.dumps({**json.loads(agency.policy(2)), "sig": None}).encode(), "signature"),
        (lambda agency: Agency.policy(_elsewhere(agency), 2), "addressee"),
        (lambda agency: agency.manifest(2, {}), "contract"),
        (lambda agency: agency.policy(2) + b" " * LARGEST, "contract"),
        (lambda _: b"", "contract"),
    ],
    ids=["another key", "changed", "unsigned", "another unit", "another kind", "too large", "empty"],
)
def test_what_is_not_the_agencys_for_this_unit_is_refused(
    takes: DocumentAcceptance, agency: Agency, payload: Callable[[Agency], bytes], reason: str
) -> None:
    refused = refusal_of(lambda: takes.policy(payload(agency)))
    assert (refused.document, refused.reason, refused.about, refused.version) == ("policy", reason, None, None)
    assert takes.kept("policy", POLICY) is None


def _elsewhere(agency: Agency) -> Agency:
    other = Agency("kec-kaubun")
    other.key = agency.key
    return other


def test_an_older_one_and_another_of_the_same_version_are_refused(takes: DocumentAcceptance, agency: Agency) -> None:
    older, newer = agency.policy(1), agency.policy(2)
    takes.policy(newer)
    rollback = refusal_of(lambda: takes.policy(older))
    conflict = refusal_of(lambda: takes.policy(agency.policy(2, photos="keep")))
    assert [(refusal.reason, refusal.version) for refusal in (rollback, conflict)] == [("rollback", 1), ("conflict", 2)]
    kept = takes.kept("policy", POLICY)
    assert kept is not None
    assert (kept.version, kept.photos) == (2, "drop")


def test_a_person_is_taken_as_the_roster_names_them(takes: DocumentAcceptance, agency: Agency) -> None:
    old, named = agency.person(SITI, 1, "Siti"), agency.person(SITI, 2, "Siti")
    unnamed = agency.person(BUDI, 1, "Budi")
    assert takes.person(SITI, named, None) == "early"
    takes.manifest(agency.manifest(1, {SITI: 2}))
    roster = roster_in(takes)
    for person, payload, about in ((SITI, old, SITI), (BUDI, unnamed, None)):
        refused = refusal_of(partial(takes.person, person, payload, roster))
        assert (refused.reason, refused.about) == ("rollback", about)
    assert takes.person(SITI, named, roster) == "kept"
    # What was signed after the roster is of one that is on its way.
    for person, version in ((SITI, 3), (BUDI, 1)):
        assert takes.person(person, agency.person(person, version, "x"), roster) == "early"


def test_a_person_in_the_place_of_another_is_refused(takes: DocumentAcceptance, agency: Agency) -> None:
    takes.manifest(agency.manifest(1, {SITI: 1, BUDI: 1}))
    refused = refusal_of(lambda: takes.person(BUDI, agency.person(SITI, 1, "Siti"), roster_in(takes)))
    assert (refused.reason, refused.about) == ("addressee", BUDI)


def test_a_person_sealed_to_another_key_is_refused(bench: Bench, agency: Agency) -> None:
    strange = DocumentAcceptance(bench.store, UnitKeys(agency.unit, agency.key.public, Opener.make()))
    keyless = DocumentAcceptance(bench.store, UnitKeys(agency.unit, agency.key.public, None))
    strange.manifest(agency.manifest(1, {SITI: 1}))
    document = agency.person(SITI, 1, "Siti Aminah", nip="198802292014032903")
    for takes, reason in ((strange, "seal"), (keyless, "no_key")):
        refused = refusal_of(partial(takes.person, SITI, document, roster_in(takes)))
        assert refused.reason == reason
        assert "Siti" not in refused.text
        assert "1988" not in refused.text


def test_without_the_agencys_key_nothing_is_taken(bench: Bench, agency: Agency) -> None:
    unpinned = DocumentAcceptance(bench.store, UnitKeys(agency.unit, None, agency.opener))
    assert refusal_of(lambda: unpinned.policy(agency.policy(1))).reason == "no_key"


def test_a_document_changed_on_the_disk_is_refused_and_taken_when_it_comes_again(
    bench: Bench, takes: DocumentAcceptance, agency: Agency
) -> None:
    policy = agency.policy(5)
    takes.policy(policy)
    with closing(sqlite3.connect(bench.store.path)) as connection, connection:
        connection.execute("UPDATE document SET payload = zeroblob(200) WHERE kind = 'policy'")
    refused = refusal_of(lambda: takes.kept("policy", POLICY))
    assert (refused.reason, refused.version) == ("seal", 5)
    assert refusal_of(lambda: takes.policy(agency.policy(4))).reason == "rollback", "what was known is not forgotten"
    assert takes.policy(policy) == "kept"
    assert takes.kept("policy", POLICY) is not None


def test_nothing_lies_in_clear(bench: Bench, takes: DocumentAcceptance, agency: Agency) -> None:
    takes.policy(agency.policy(1))
    assert all(b"stages" not in file.read_bytes() for file in bench.store.path.parent.glob("documents.db*"))


def test_an_older_one_that_was_judged_in_the_same_moment_does_not_take_the_newers_place(bench: Bench) -> None:
    """The daemon and `documents import` both look at what is held before either writes."""
    bench.store.put("policy", 3, "3" * 64, b"newer")
    bench.store.put("policy", 2, "2" * 64, b"older")
    bench.store.put("policy", 3, "4" * 64, b"another of its version")
    held = bench.store.held("policy")
    assert held is not None
    assert (held.version, held.payload) == (3, b"newer")
