"""Stores parcels, each once."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select

from central.judge import JudgedParcel, Unsound
from central.store.database import CentralDatabase
from central.store.rejects import keep
from central.store.tables import kiosks, parcels


def store_parcels(database: CentralDatabase, batch: Sequence[JudgedParcel | Unsound]) -> None:
    """Commit a batch. A repeated parcel changes nothing. Raises DatabaseError when nothing was stored."""
    database.commit(lambda connection: _store(connection, batch))


def _store(connection: Connection, batch: Sequence[JudgedParcel | Unsound]) -> None:
    sound = {(item.kiosk, item.kind, item.key, item.sha256): item for item in batch if isinstance(item, JudgedParcel)}
    # Locks the kiosks' rows, in one order, so that receivers that run at once cannot deadlock.
    query = select(kiosks.c.kiosk).where(kiosks.c.kiosk.in_({item.kiosk for item in sound.values()}))
    connection.execute(query.order_by(kiosks.c.kiosk).with_for_update())
    fresh = [_row(sound[name]) for name in sound.keys() - _stored(connection, sound.values())]
    if fresh:
        connection.execute(insert(parcels), fresh)
    keep(connection, [item for item in batch if isinstance(item, Unsound)])


def _stored(connection: Connection, batch: Iterable[JudgedParcel]) -> set[tuple[str, str, str, str]]:
    query = select(parcels.c.kiosk, parcels.c.kind, parcels.c.key, parcels.c.sha256)
    rows = connection.execute(query.where(parcels.c.sha256.in_([item.sha256 for item in batch])))
    return {(row.kiosk, row.kind, row.key, row.sha256) for row in rows}


def _row(item: JudgedParcel) -> dict[str, object]:
    return {
        "kiosk": item.kiosk,
        "kind": item.kind,
        "key": item.key,
        "sha256": item.sha256,
        "unit": item.unit,
        "sealed": item.sealed,
        "received_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
