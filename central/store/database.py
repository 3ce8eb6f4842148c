"""The centre's database, SQLite or PostgreSQL: connections, transactions, and migrations."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, IntegrityError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from central.errors import DatabaseError, WrongUseError


def alone(connection: Connection, what: str) -> None:
    """Take the lock named `what`, which one transaction at a time can hold, until this transaction ends.

    SQLite needs no such lock: it runs one writing transaction at a time.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"), {"what": what})


_MIGRATIONS: Final = Path(__file__).with_name("migrations")
_FIRST: Final = "001"
_FIRST_TABLES: Final = {
    "kiosk": ["kiosk", "unit", "public_key", "signed_from", "through_seq"],
    "entry": ["kiosk", "seq", "hash", "prev", "payload"],
    "lost": ["kiosk", "first", "last"],
    "rejected": ["id", "problem", "topic", "sha256", "seq", "reason", "first_at", "times", "payload"],
}


def migrate(connection: Connection) -> None:
    """Create the tables, or bring those of an earlier version up to date, in the open transaction.

    Raises:
        DatabaseError: the database is of a later version, or another program has tables of these names in it.
    """
    alone(connection, "migrate")
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    try:
        if _from_before_revisions(connection):
            command.stamp(config, _FIRST)
        command.upgrade(config, "head")
    except CommandError as error:
        raise DatabaseError(f"the database is of a later version of this program, use that one: {error}") from error


def _from_before_revisions(connection: Connection) -> bool:
    """Whether the database has the tables of revision 1, but no revision noted: it is older than the migrations."""
    there = inspect(connection)
    names = set(there.get_table_names())
    if "alembic_version" in names or not names & _FIRST_TABLES.keys():
        return False
    found = {name: [column["name"] for column in there.get_columns(name)] for name in names & _FIRST_TABLES.keys()}
    if found != _FIRST_TABLES:
        raise DatabaseError(
            f"the database has tables of another program, {', '.join(sorted(found))}: give it one of its own"
        )
    return True


# The timeout is long, in milliseconds: a roster with photos is hundreds of megabytes in one transaction, and receivers
# wait for it.
_SQLITE_PRAGMAS: Final = ("busy_timeout = 60000", "journal_mode = WAL", "synchronous = FULL")


_TRIES: Final = 5
"""How often a transaction is tried when another one stores the same key at the same time."""

Result = TypeVar("Result")


class CentralDatabase:
    """One database by its SQLAlchemy URL: `sqlite:///central.db`, `postgresql+psycopg://user@host/name`.

    Raises:
        WrongUseError: the URL is of no supported kind.
        DatabaseError: from every method.
    """

    def __init__(self, url: str) -> None:
        try:
            # A bare `postgresql:` would ask for a driver that is not installed.
            parsed = make_url(url)
            named = parsed.set(drivername="postgresql+psycopg") if parsed.drivername == "postgresql" else parsed
            # Without hide_parameters, errors quote the values of a statement, such as names and NIP.
            self.engine = create_engine(named, pool_pre_ping=True, hide_parameters=True)
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            raise WrongUseError(f"not a database URL, give sqlite:///FILE or postgresql://...: {error}") from error
        if self.engine.dialect.name == "sqlite":
            _prepare_sqlite(self.engine)

    def create(self) -> None:
        """Create the tables, or bring those of an earlier version up to date. Several processes may do so at once."""
        with self.transaction() as connection:
            migrate(connection)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Run the block in one transaction, which is on the disk when it has ended. A duplicate key raises SQLAlchemy's
        IntegrityError."""
        try:
            with self.engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            raise DatabaseError(f"the database {self.engine.url!r} cannot be used: {_first_line(error)}") from error

    def commit(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` in a transaction, and again when another process has just stored the same keys.

        Raises:
            DatabaseError: nothing was changed.
        """
        for _ in range(_TRIES):
            try:
                with self.transaction() as connection:
                    return work(connection)
            except IntegrityError:
                # The next try finds the rows that the other process has stored.
                continue
        raise DatabaseError("others store the same again and again: is a receiver replaying?")

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _configure(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        # The driver must not begin transactions: SQLAlchemy does, with the statement below.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _SQLITE_PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # This takes the write lock at once: SQLite may refuse a lock that is asked for within a transaction.
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _first_line(error: SQLAlchemyError) -> str:
    return str(error).splitlines()[0]
