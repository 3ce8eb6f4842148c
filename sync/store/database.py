"""A SQLite file with durable commits: one connection per thread, numbered migrations, and errors of this part."""

import errno
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from sync.errors import StoreBusy, StoreDamaged, StoreError, StoreFull, StoreTooNew

_BUSY_TIMEOUT_MS: Final = 5_000
_LEAST_FREE_BYTES: Final = 64 * 1024
"""With less than this free, an I/O error counts as a full disk: SQLite does not always report one as such."""

_FOLDER: Final = "; check that its folder is there and may be written to"

# synchronous=FULL: in WAL mode, NORMAL may roll back a committed row on power loss (sqlite.org/pragma.html).
_PRAGMAS: Final = (
    f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
)


class Database:
    """One SQLite file, with the folder of its numbered schema steps (`001.sql`, ...).

    Every method raises only `StoreError` and its subclasses.
    """

    def __init__(self, path: Path, schemas: Traversable) -> None:
        self.path = path
        self._schemas = schemas
        self._local = threading.local()
        self._every: list[sqlite3.Connection] = []
        self._lock = threading.Lock()

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection, opened on first use."""
        known: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if known is None:
            known = self._local.connection = self._connect()
        return known

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give this thread's connection, and turn SQLite's errors into subclasses of StoreError."""
        with translate_errors(self.path):
            yield self.connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction that holds the write lock from its start and is on the disk when the block has ended."""
        with translate_errors(self.path):
            connection = self.connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                # SQLite itself rolls back on some errors, a full disk among them.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def check(self) -> None:
        """Raise `StoreDamaged` unless the file is a sound database."""
        with self.reading() as connection:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise StoreDamaged(f"{self.path} is damaged: {verdict}")

    def migrate(self) -> None:
        """Bring the schema up to date, one transaction for each numbered step."""
        scripts = {int(item.name.removesuffix(".sql")): item for item in self._schemas.iterdir() if _is_step(item)}
        with self.reading() as connection:
            found = _version(connection)
        if found > max(scripts):
            raise StoreTooNew(f"{self.path} has schema {found}, this program knows {max(scripts)}: update it")
        for number in sorted(scripts):
            self._step(number, scripts[number].read_text("utf-8"))

    def empty_wal(self) -> bool:
        """Write the WAL into the file and truncate it, because erased content may still be in it. Returns False when
        that failed because another connection was reading."""
        with self.reading() as connection:
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def close(self) -> None:
        """Close every thread's connection; the last one to close also empties the WAL into the file."""
        with self._lock, translate_errors(self.path):
            while self._every:
                self._every.pop().close()
            self._local = threading.local()

    def _step(self, number: int, script: str) -> None:
        with self.writing() as connection:
            # Another process may have made this step while we waited for the lock.
            if _version(connection) < number:
                for statement in _statements(script):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number:d}")

    def _connect(self) -> sqlite3.Connection:
        with translate_errors(self.path):
            # A thread opens its own connection, but `close` may run in another.
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            try:
                for pragma in _PRAGMAS:
                    connection.execute(pragma)
            except BaseException:
                connection.close()
                raise
        with self._lock:
            self._every.append(connection)
        return connection


@contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite and the operating system raise about `path` into StoreError and its subclasses."""
    try:
        yield
    except sqlite3.Error as error:
        if isinstance(error, sqlite3.OperationalError) and not hasattr(error, "sqlite_errorcode"):
            # Python raises this one itself, about text that is not UTF-8. Its message quotes the text.
            raise StoreDamaged(f"{path} is damaged: it holds text that is not UTF-8") from None
        raise _of_sqlite(error, path) from error
    except UnicodeDecodeError:
        # SQLite's message about a damaged schema quotes the damage, which Python then cannot decode. Nor may a message
        # show it.
        raise StoreDamaged(f"{path} is damaged: it holds text that is not UTF-8") from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _full(path) from error
        raise StoreError(f"{path} cannot be used: {error.strerror}{_FOLDER}") from error


def _of_sqlite(error: sqlite3.Error, path: Path) -> StoreError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the low byte is the primary code
    if code == sqlite3.SQLITE_FULL:
        return _full(path)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusy(f"another process is writing to {path}: try again")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreDamaged(f"{path} is damaged: {error}")
    if code == sqlite3.SQLITE_CANTOPEN:
        return StoreError(f"{path} cannot be opened{_FOLDER}")
    if code == sqlite3.SQLITE_IOERR and shutil.disk_usage(path.parent).free < _LEAST_FREE_BYTES:
        return _full(path)
    return StoreError(f"{path} cannot be used: {error}")


def _full(path: Path) -> StoreFull:
    return StoreFull(f"the disk that holds {path} is full: make room, nothing more can be recorded")


def _is_step(item: Traversable) -> bool:
    return item.name.endswith(".sql")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
