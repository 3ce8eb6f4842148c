"""The device's key beside the ledger."""

import logging
from pathlib import Path
from typing import Final

from sync.canonical import load
from sync.chain import check_signature
from sync.errors import KeyFileError
from sync.signing import DeviceKey
from sync.store.database import Database

log = logging.getLogger(__name__)

_LOOKED_AT: Final = 3
"""Signed entries that are tried: one alone may be what is damaged."""


def own_key(path: Path) -> DeviceKey:
    """The key in the file, made when there is no file.

    Raises:
        KeyFileError: the file cannot be read or written.
    """
    if not path.exists():
        made = DeviceKey.make()
        try:
            made.save(path)
        except KeyFileError:
            if not path.exists():  # else another process made one in this moment
                raise
        else:
            log.info("made the device key %s; its public half is %s", path, made.public.text)
    return DeviceKey.load(path)


def key_of(database: Database, path: Path) -> DeviceKey:
    """The key that the ledger's entries are signed with, made when none is signed yet.

    Raises:
        KeyFileError: it is gone, or is another one.
    """
    query = "SELECT payload FROM entry ORDER BY seq DESC LIMIT ?"
    with database.reading() as connection:
        documents = [load(payload) for (payload,) in connection.execute(query, (_LOOKED_AT,))]
    signed = [document for document in documents if "sig" in document]
    if signed and not path.exists():
        raise KeyFileError(f"the device key {path} is gone, though entries were signed with it: restore its backup")
    key = own_key(path)
    if signed and all(any(check_signature(document, key.public)) for document in signed):
        raise KeyFileError(f"the device key {path} is not the one that signed the ledger: restore its backup")
    return key
