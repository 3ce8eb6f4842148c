"""What is erased is gone from the files, not only from the tables: a WAL may stay as it is for weeks."""

from datetime import UTC, datetime
from pathlib import Path

from kiosk.agency.store import Documents
from kiosk.people import Details, People, Shot
from tests.agency import BUDI, SITI, Agency
from tests.kiosk.agency.bench import MODEL, Bench, face


def sealed_in(store: Documents | People, query: str) -> list[bytes]:
    with store._sealed.database.reading() as connection:
        return [bytes(row[0]) for row in connection.execute(query)]


def on_disk(folder: Path, values: list[bytes]) -> list[str]:
    return [file.name for file in folder.glob("*.db*") for value in values if value in file.read_bytes()]


def test_the_document_of_who_is_made_to_hold_or_not_named_any_more(bench: Bench, agency: Agency) -> None:
    folder = bench.settings.kiosk.data_dir
    bench.manifest(agency.manifest(1, {SITI: 1, BUDI: 1}))
    for person in (SITI, BUDI):
        bench.person(person, agency.person(person, 1, "Somebody", [b"photo" * 9]))
    sealed = sealed_in(bench.store, "SELECT payload FROM document WHERE kind = 'person'")
    assert len(on_disk(folder, sealed)) >= 2
    bench.store.erase_payload(SITI, 1)
    bench.manifest(agency.manifest(2, {SITI: 1}))
    assert on_disk(folder, sealed) == []


def test_the_portraits_that_a_policy_drops(bench: Bench, agency: Agency) -> None:
    now = datetime.now(UTC)
    bench.people.put(SITI, Details(name="Siti"), MODEL, [Shot(face(0), b"png" * 99)], now, "roster", 1)
    sealed = sealed_in(bench.people, "SELECT portrait FROM shot")
    assert on_disk(bench.people.path.parent, sealed)
    bench.policy(agency.policy(1, photos="drop"))
    assert on_disk(bench.people.path.parent, sealed) == []
