"""Writes what kiosks are to have into a folder, for offices that no network reaches."""

import os
from collections.abc import Collection
from pathlib import Path
from typing import Final

from central.errors import UsageError
from central.store.database import Database
from central.store.documents import Named, Shelf
from sync.documents.roster import MANIFEST
from sync.store.head import sync_folder

_MANIFEST: Final = "manifest.json"


def write_stick(database: Database, unit: str, kinds: Collection[str], folder: Path) -> int:
    """Write the unit's documents as they are published, the manifest last, and say how many.

    Raises:
        UsageError: the folder cannot be written to, or holds the roster of another unit.
    """
    with database.transaction() as connection:
        shelf = Shelf(connection, unit)
        held = [(item, shelf.payload(item.kind, item.about)) for item in shelf.named(kinds) if not item.withdrawn]
    try:
        _check(folder, unit)
        files = [_write(folder, *each) for each in sorted(held, key=lambda each: each[0].kind == "roster")]
        if "person" in kinds:
            for stale in set(folder.glob("person-*.json")) - set(files):
                stale.unlink()
        sync_folder(folder)
    except OSError as error:
        raise UsageError(f"the folder {folder} cannot be written to: {error.strerror}") from error
    return len(files)


def _check(folder: Path, unit: str) -> None:
    folder.mkdir(exist_ok=True)
    manifest = folder / _MANIFEST
    if manifest.exists():
        try:
            other = MANIFEST.validate_json(manifest.read_bytes()).unit
        except ValueError as error:
            raise UsageError(f"{manifest} is no manifest: give an empty folder") from error
        if other != unit:
            raise UsageError(f"{folder} holds the roster of {other}: give each unit a folder of its own")


def _write(folder: Path, document: Named, payload: bytes) -> Path:
    names = {"roster": _MANIFEST, "policy": "policy.json"}
    path = folder / names.get(document.kind, f"person-{document.about}.json")
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(payload)
        file.flush()
        os.fsync(file.fileno())
    return part.replace(path)
