"""Damage done to a ledger's file, each kind as a function of its path."""

from pathlib import Path


def overwrite(path: Path, offset: int, length: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(b"\xa5" * length)


def no_database(path: Path) -> None:
    path.write_bytes(b"this is not a database, whatever its name says\n" * 100)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def truncated(path: Path) -> None:
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])


def torn_header(path: Path) -> None:
    overwrite(path, 0, 100)


def torn_pages(path: Path) -> None:
    overwrite(path, 20 * 4096, 3 * 4096)


def flipped_unsent_byte(path: Path) -> None:
    raw = path.read_bytes()
    at = raw.index(b'"person":"p-150"')
    path.write_bytes(raw[:at] + raw[at:].replace(b"p-150", b"p-666", 1))


def gone(path: Path) -> None:
    path.unlink()
