"""The people whom rosters named: who has which number has the same id for ever."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select

from central.roster.people import Known
from central.store.tables import people


def known_people(connection: Connection, unit: str) -> list[Known]:
    """Everybody a roster of the unit ever named."""
    query = select(people.c.person, people.c.name, people.c.nip, people.c.number).where(people.c.unit == unit)
    rows = connection.execute(query.order_by(people.c.name))
    return [Known(row.person, row.name, row.nip, row.number) for row in rows]


def units_with_people(connection: Connection) -> list[str]:
    """The units that ever had a roster."""
    return list(connection.scalars(select(people.c.unit).distinct().order_by(people.c.unit)))


def keep_people(connection: Connection, unit: str, named: Iterable[Known]) -> None:
    """Note whom a roster names now. A number that it leaves out stays known."""
    before = {person.id: person for person in known_people(connection, unit)}
    rows = []
    for person in named:
        old = before.get(person.id, person)
        numbers = {"nip": person.nip or old.nip, "number": person.number or old.number}
        rows.append({"unit": unit, "person": person.id, "name": person.name, **numbers})
    # All go before any comes: two people may have had each other's number.
    ids = [row["person"] for row in rows]
    connection.execute(delete(people).where(people.c.unit == unit, people.c.person.in_(ids)))
    connection.execute(insert(people), rows)
