"""The device's key, a file beside the ledger: made once, and checked against the entries that it signed."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sync.canonical import Document, load
from sync.chain import check_entry, check_signature
from sync.errors import ContractError, KeyFileError
from sync.signing import SigningKey
from sync.store.database import Database

log = logging.getLogger(__name__)

_LOOKED_AT: Final = 3
"""How many of the latest entries the key is checked against: a single one may be damaged."""


def own_key(path: Path) -> SigningKey:
    """Return the key in the file, which is made when it does not exist.

    Raises:
        KeyFileError: the file cannot be read or written.
    """
    if not path.exists():
        made = SigningKey.make()
        try:
            made.save(path)
        except KeyFileError:
            if not path.exists():  # else another process made one in this moment
                raise
        else:
            log.info("made the device key %s; its public half is %s", path, made.public.text)
    return SigningKey.load(path)


def _signed(payload: bytes) -> Iterator[Document]:
    """Yield the entry if it can show who signed it: it is intact and has a signature."""
    try:
        document = load(payload)
    except ContractError:
        return  # `verify` reports it
    if not any(check_entry(document)) and document.get("sig") is not None:
        yield document


def key_of(database: Database, path: Path) -> SigningKey:
    """Return the key that the ledger's entries are signed with, which is made when none is signed yet.

    Raises:
        KeyFileError: the file is missing although entries are signed, or holds another key.
    """
    query = "SELECT payload FROM entry ORDER BY seq DESC LIMIT ?"
    with database.reading() as connection:
        signed = [document for (payload,) in connection.execute(query, (_LOOKED_AT,)) for document in _signed(payload)]
    if signed and not path.exists():
        raise KeyFileError(f"the device key {path} is gone, though entries were signed with it: restore its backup")
    key = own_key(path)
    if signed and all(any(check_signature(document, key.public)) for document in signed):
        raise KeyFileError(f"the device key {path} is not the one that signed the ledger: restore its backup")
    return key
