"""The people whom rosters named: who has which number has the same id for ever."""

from collections.abc import Sequence

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


def keep_people(connection: Connection, unit: str, named: Sequence[Known]) -> None:
    """Note whom a roster names now. A number that it leaves out stays known, unless it is somebody else's now."""
    before = {person.id: person for person in known_people(connection, unit)}
    nips, numbers = {person.nip for person in named}, {person.number for person in named}

    def row(person: Known) -> dict[str, str | None]:
        old = before.get(person.id, person)
        nip = person.nip or (None if old.nip in nips else old.nip)
        number = person.number or (None if old.number in numbers else old.number)
        return {"unit": unit, "person": person.id, "name": person.name, "nip": nip, "number": number}

    absent = [Known(old.id, old.name) for old in before.values() if old.id not in {person.id for person in named}]
    # All go before any comes: two people may have had each other's number.
    connection.execute(delete(people).where(people.c.unit == unit))
    connection.execute(insert(people), [row(person) for person in [*named, *absent]])
