"""The connection to SQLite or PostgreSQL, its transactions, and their errors in our words."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, IntegrityError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from central.errors import DatabaseError, UsageError
from central.store.schema import migrate

# A roster with photos is hundreds of megabytes in one transaction: receivers wait for it.
_SQLITE_PRAGMAS: Final = ("busy_timeout = 60000", "journal_mode = WAL", "synchronous = FULL")


_TRIES: Final = 5

Result = TypeVar("Result")


class Database:
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
            raise UsageError(f"not a database URL, give sqlite:///FILE or postgresql://...: {error}") from error
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
