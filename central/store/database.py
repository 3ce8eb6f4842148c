"""The centre's database: opened, brought to the newest schema by one process at a time, and read or written."""

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
    """Wait until no other transaction does `what`, and keep it to this one until it ends.

    SQLite's transactions are alone from their beginning.
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
    """Make the tables, or bring those of an earlier version up to date, in the transaction that is open.

    Raises:
        DatabaseError: it is of a later version, or holds tables of these names that are not ours.
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
    """Whether the database has the tables of revision 1, but does not say so."""
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


# A roster with photos is hundreds of megabytes in one transaction: receivers wait for it.
_SQLITE_PRAGMAS: Final = ("busy_timeout = 60000", "journal_mode = WAL", "synchronous = FULL")


_TRIES: Final = 5

Result = TypeVar("Result")


class CentralDatabase:
    """One database by its SQLAlchemy URL: `sqlite:///central.db`, `postgresql+psycopg://user@host/name`.

    Raises:
        UsageError: there is no such kind of URL.
        DatabaseError: from every method.
    """

    def __init__(self, url: str) -> None:
        try:
            # A bare `postgresql:` would ask for a driver that is not installed.
            parsed = make_url(url)
            named = parsed.set(drivername="postgresql+psycopg") if parsed.drivername == "postgresql" else parsed
            # Its errors would quote the values of a statement: names, and NIP.
            self.engine = create_engine(named, pool_pre_ping=True, hide_parameters=True)
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            raise WrongUseError(f"not a database URL, give sqlite:///FILE or postgresql://...: {error}") from error
        if self.engine.dialect.name == "sqlite":
            _prepare_sqlite(self.engine)

    def create(self) -> None:
        """Make the tables, or bring those of an earlier version up to date. Several may do it at once."""
        with self.transaction() as connection:
            migrate(connection)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All of the block or nothing; on the disk when it has ended. A duplicate key comes as SQLAlchemy tells it."""
        try:
            with self.engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            raise DatabaseError(f"the database {self.engine.url!r} cannot be used: {_first_line(error)}") from error

    def commit(self, work: Callable[[Connection], Result]) -> Result:
        """Do something in a transaction; again, when another process did the same in this moment.

        Raises:
            DatabaseError: nothing was changed.
        """
        for _ in range(_TRIES):
            try:
                with self.transaction() as connection:
                    return work(connection)
            except IntegrityError:
                # What the other has stored will be found there now.
                continue
        raise DatabaseError("others store the same again and again: is a receiver replaying?")

    def close(self) -> None:
        """Give up its connections."""
        self.engine.dispose()


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _configure(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        # SQLAlchemy begins the transactions itself, as below.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _SQLITE_PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # The write lock from the start: a lock that is asked for later may be refused.
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _first_line(error: SQLAlchemyError) -> str:
    return str(error).splitlines()[0]
