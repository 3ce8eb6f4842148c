"""Brings the tables of a database up to date."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, inspect

from central.errors import DatabaseError
from central.store.alone import alone

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
