"""The registered kiosks."""

from sqlalchemy import select

from central.errors import KioskConflictError
from central.judge import Registered
from central.store.database import CentralDatabase
from central.store.tables import kiosks
from sync.contract import check_slug
from sync.signing import PublicKey


def add_kiosk(database: CentralDatabase, unit: str, kiosk: str, key: PublicKey, signed_from: int = 1) -> None:
    """Register a kiosk. To register it again with the same facts changes nothing.

    Raises:
        ContractError: a name is no slug.
        KioskConflictError: the kiosk is registered with another unit, key or first signed entry.
    """
    facts = {"unit": check_slug(unit, "unit"), "public_key": key.text, "signed_from": signed_from}
    with database.transaction() as connection:
        query = select(kiosks.c.unit, kiosks.c.public_key, kiosks.c.signed_from).where(kiosks.c.kiosk == kiosk)
        found = connection.execute(query).mappings().first()
        if found is None:
            row = {"kiosk": check_slug(kiosk, "kiosk"), "through_seq": 0, **facts}
            connection.execute(kiosks.insert().values(row))
        elif dict(found) != facts:
            raise KioskConflictError(
                f"kiosk {kiosk} is registered in unit {found['unit']} with key {found['public_key']} "
                f"and signatures from entry {found['signed_from']}: names and keys are for ever, use another name"
            )


def known_kiosks(database: CentralDatabase) -> dict[str, Registered]:
    """Return all registered kiosks by name."""
    query = select(kiosks.c.kiosk, kiosks.c.unit, kiosks.c.public_key, kiosks.c.signed_from)
    with database.transaction() as connection:
        rows = connection.execute(query).all()
    return {row.kiosk: Registered(row.unit, PublicKey.from_text(row.public_key), row.signed_from) for row in rows}
