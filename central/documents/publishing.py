"""Delivers documents to kiosks: publishes those that no broker has acknowledged, or writes them to a USB stick."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from central.broker import SILENCE_S, broker_dialogue
from central.errors import WrongUseError
from central.store.database import CentralDatabase
from central.store.documents import Named, UnitDocuments
from sync.contract.topics import Topics
from sync.documents.roster import MANIFEST
from sync.durable import sync_folder, write_whole
from sync.mqtt.broker import Acknowledged, BrokerDialogue, BrokerSettings

_MANIFEST: Final = "manifest.json"


def write_stick(database: CentralDatabase, unit: str, kinds: Collection[str], folder: Path) -> int:
    """Write the unit's documents into a folder, the manifest last, and return how many.

    Raises:
        WrongUseError: the folder cannot be written to, or holds the roster of another unit.
    """
    with database.transaction() as connection:
        documents = UnitDocuments(connection, unit)
        held = [
            (item, documents.payload(item.kind, item.about)) for item in documents.named(kinds) if not item.withdrawn
        ]
    try:
        _check(folder, unit)
        files = [_write(folder, *each) for each in sorted(held, key=lambda each: each[0].kind == "roster")]
        if "person" in kinds:
            for stale in set(folder.glob("person-*.json")) - set(files):
                stale.unlink()
        sync_folder(folder)
    except OSError as error:
        raise WrongUseError(f"the folder {folder} cannot be written to: {error.strerror}") from error
    return len(files)


def _check(folder: Path, unit: str) -> None:
    folder.mkdir(exist_ok=True)
    manifest = folder / _MANIFEST
    if manifest.exists():
        try:
            other = MANIFEST.validate_json(manifest.read_bytes()).unit
        except ValueError as error:
            raise WrongUseError(f"{manifest} is no manifest: give an empty folder") from error
        if other != unit:
            raise WrongUseError(f"{folder} holds the roster of {other}: give each unit a folder of its own")


def _write(folder: Path, document: Named, payload: bytes) -> Path:
    names = {"roster": _MANIFEST, "policy": "policy.json"}
    path = folder / names.get(document.kind, f"person-{document.about}.json")
    write_whole(path, payload)
    return path


def publish_pending(
    database: CentralDatabase, unit: str, kinds: Collection[str], settings: BrokerSettings, root: str
) -> int:
    """Publish the unit's documents that no broker has, and return how many.

    Raises:
        BrokerError: the broker did not take all of them. Those that it has acknowledged are noted; the next call
            publishes the rest.
    """
    with database.transaction() as connection:
        pending = UnitDocuments(connection, unit).named(kinds, pending=True)
    if pending:
        with broker_dialogue(settings) as dialogue:
            # People are published before the manifest that names them, withdrawn people after it.
            people = [item for item in pending if item.kind == "person" and not item.withdrawn]
            _publish(database, unit, people, dialogue, root)
            _publish(database, unit, [item for item in pending if item.kind != "person"], dialogue, root)
            _publish(database, unit, [item for item in pending if item.withdrawn], dialogue, root)
    return len(pending)


def _publish(
    database: CentralDatabase, unit: str, documents: Sequence[Named], dialogue: BrokerDialogue, root: str
) -> None:
    """Publish documents in order, and return once the broker has acknowledged all of them."""
    in_flight: dict[int, Named] = {}
    taken: list[Named] = []

    def settle(most: int) -> None:
        while len(in_flight) > most:
            if isinstance(news := dialogue.hear(SILENCE_S), Acknowledged):
                taken.append(in_flight.pop(news.mid))

    try:
        for document in documents:
            with database.transaction() as connection:
                payload = UnitDocuments(connection, unit).payload(document.kind, document.about)
            in_flight[dialogue.connection.publish(_topic(document, unit, root), payload, retain=True)] = document
            settle(dialogue.window - 1)
        settle(0)
    finally:
        with database.transaction() as connection:
            UnitDocuments(connection, unit).mark_published(taken)


def _topic(document: Named, unit: str, root: str) -> str:
    topics = Topics(root, unit, "central")  # these topics are the unit's: they name no kiosk
    match document.kind:
        case "roster":
            return topics.manifest
        case "person":
            return topics.person(document.about)
    return topics.policy
