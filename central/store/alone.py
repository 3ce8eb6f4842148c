"""Taking turns."""

from sqlalchemy import Connection, text


def alone(connection: Connection, what: str) -> None:
    """Wait until no other transaction does `what`, and keep it to this one until it ends.

    SQLite's transactions are alone from their beginning.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"), {"what": what})
