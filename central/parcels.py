"""Sealed parcels at the centre: stored and receipted when they come, and evidence opened with the agency's key."""

import logging
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sqlalchemy import Connection, select

from central.errors import CentralError, WrongUseError
from central.judge import Registered, Unsound, judge_parcel
from central.store.database import CentralDatabase
from central.store.parcels import store_parcels
from central.store.tables import entries, parcels
from sync.contract import parse_entry
from sync.contract.topics import Topics
from sync.documents.envelope import sign
from sync.documents.receipt import ParcelReceipt
from sync.documents.sealing import Opener
from sync.mqtt.broker import IncomingMessage
from sync.parcels import evidence_purpose
from sync.signing import SigningKey

log = logging.getLogger(__name__)


class EvidenceError(CentralError):
    """The database holds no evidence that the record names."""


def open_evidence(connection: Connection, record: str, opener: Opener) -> bytes:
    """Return the picture (JPEG) that a stored entry names as its evidence; `record` is the id of the entry.

    Raises:
        EvidenceError: there is no evidence, or not that which the entry names.
        SealError: the evidence is sealed to another key.
    """
    query = select(parcels).where(parcels.c.kind == "evidence", parcels.c.key == record)
    found = connection.execute(query).all()
    if not found:
        raise EvidenceError(f"no evidence of record {record} has come")
    for row in found:
        if _named_by(connection, row.kiosk, record) == row.sha256:
            return opener.open(row.sealed, evidence_purpose(row.unit, row.kiosk))
    raise EvidenceError(
        f"something came as evidence of record {record}, but no stored record names it: it proves nothing"
    )


def save_picture(picture: bytes, file: Path) -> None:
    """Write a picture to a new file that only this user can read. Raises WrongUseError when it cannot be written."""
    try:
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:  # noqa: PTH123
            opened.write(picture)
    except OSError as error:
        raise WrongUseError(f"the picture {file} cannot be written: {error.strerror}") from error


def _named_by(connection: Connection, kiosk: str, record: str) -> str | None:
    """Return the SHA-256 of the evidence that an entry of a kiosk names, None without such an entry."""
    query = select(entries.c.payload).where(entries.c.kiosk == kiosk).order_by(entries.c.seq.desc())
    with connection.scalars(query.execution_options(yield_per=500)) as payloads:
        for payload in payloads:
            if record.encode() in payload:
                entry = parse_entry(payload)
                if entry.id == record and entry.evidence is not None:
                    return entry.evidence.sha256
    return None


def take_parcels(
    database: CentralDatabase,
    messages: Sequence[IncomingMessage],
    root: str,
    known: Mapping[str, Registered],
    key: SigningKey | None,
) -> Iterator[tuple[str, bytes]]:
    """Store parcels and, once they are committed, yield topic and payload of each receipt.

    Raises:
        DatabaseError: nothing was stored.
    """
    if not messages:
        return
    batch = [judge_parcel(message.topic, message.payload, root, known) for message in messages]
    store_parcels(database, batch)
    stored: dict[tuple[str, str], list[str]] = defaultdict(list)
    for item in batch:
        if isinstance(item, Unsound):
            log.warning("not stored (%s): %s", item.problem, item.reason)
        else:
            stored[item.unit, item.kiosk].append(item.sha256)
    for (unit, kiosk), digests in stored.items():
        receipt = ParcelReceipt(kiosk=kiosk, unit=unit, stored=tuple(dict.fromkeys(digests)))
        yield Topics(root, unit, kiosk).receipt, sign(receipt, key)
