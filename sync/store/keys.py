"""The device's key beside the ledger."""

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
"""Signed entries that are tried: one alone may be what is damaged."""


def own_key(path: Path) -> SigningKey:
    """The key in the file, made when there is no file.

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
    """The entry, when it can tell whose it is: it is intact and has a signature."""
    try:
        document = load(payload)
    except ContractError:
        return  # verify tells of it
    if not any(check_entry(document)) and document.get("sig") is not None:
        yield document


def key_of(database: Database, path: Path) -> SigningKey:
    """The key that the ledger's entries are signed with, made when none is signed yet.

    Raises:
        KeyFileError: it is gone, or is another one.
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
