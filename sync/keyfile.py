"""Files that hold one key each, and base64url, the text form of keys and signatures."""

import base64
import binascii
import errno
import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from sync.durable import sync_folder
from sync.errors import KeyFileError, StoreFull

_LARGEST: Final = 4096


def read_key(path: Path) -> bytes:
    """Return the bytes of a key file. Raises KeyFileError when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except OSError as error:
        raise KeyFileError(f"the key file {path} cannot be read: {error.strerror}") from error


def read_private(path: Path) -> PrivateKeyTypes:
    """Return the private key in a file that `write_private` wrote. Raises KeyFileError when it holds none."""
    try:
        return serialization.load_pem_private_key(read_key(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"the private key {path} cannot be read: restore it from its backup") from error


def wrong_kind(path: Path, wanted: str) -> KeyFileError:
    """Return the error for a file that holds a private key of another kind."""
    return KeyFileError(f"the private key {path} is not of the kind {wanted}: restore it from its backup")


def write_private(path: Path, key: Ed25519PrivateKey | X25519PrivateKey) -> None:
    """Write a private key (PKCS #8 in PEM) where there is no file yet, and raise as `write_new` does."""
    no_password = serialization.NoEncryption()
    write_new(path, key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password))


def write_new(path: Path, key: bytes) -> None:
    """Write a key file where there is none yet, readable by this user alone; whole on the disk, or not at all.

    Raises:
        KeyFileError: there is a file already (it is left as it is), or the folder cannot be written to.
        StoreFull: the disk is full.
    """
    fresh = path.with_name(f"{path.name}.new-{os.getpid()}")
    try:
        fresh.unlink(missing_ok=True)
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a rename, never takes the place of another's key.
        path.hardlink_to(fresh)
        fresh.unlink()
        sync_folder(path.parent)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFull(f"the disk is full: the key file {path} cannot be written; make room") from error
        raise KeyFileError(f"the key file {path} cannot be written: {error.strerror}") from error


def base64url(raw: bytes) -> str:
    """Return bytes as base64url text (RFC 4648, section 5) without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def from_base64url(text: str) -> bytes:
    """Return the bytes of base64url text without padding. Raises ValueError when the text is not in canonical form."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error
    if base64url(raw) != text:  # the last character has bits to spare, which must not tell two texts apart
        raise ValueError("not base64url in its one form")
    return raw
