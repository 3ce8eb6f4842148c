"""Takes what kiosks publish sealed beside their entries: evidence of records, and people enrolled at the wall."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from central.judge import Registered, Unsound
from central.parcels.judging import judge_parcel
from central.store.database import Database
from central.store.parcels import store_parcels
from sync.documents.envelope import sign
from sync.documents.receipt import ParcelReceipt
from sync.news import Message
from sync.signing import SigningKey
from sync.topics import Topics

log = logging.getLogger(__name__)


def take_parcels(
    database: Database, messages: Sequence[Message], root: str, known: Mapping[str, Registered], key: SigningKey | None
) -> Iterator[tuple[str, bytes]]:
    """Store them, and give what is to be answered once they are committed: topic and payload.

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
