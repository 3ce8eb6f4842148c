"""The device's Ed25519 key: who signed an entry's `hash`, checkable by anyone who has the public half."""

import base64
import binascii
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync.errors import KeyFileError
from sync.store.head import sync_folder

_LARGEST_KEY_FILE: Final = 4096


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The half that checks. Its text is the 32 raw bytes (RFC 8032) in base64url without padding."""

    key: Ed25519PublicKey

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read `text`, or a PEM document.

        Raises:
            KeyFileError: the text is no Ed25519 public key.
        """
        try:
            if text.lstrip().startswith("-----BEGIN"):
                key = serialization.load_pem_public_key(text.strip().encode())
            else:
                key = Ed25519PublicKey.from_public_bytes(_unpadded(text.strip()))
        except (ValueError, UnsupportedAlgorithm) as error:
            raise KeyFileError(f"not an Ed25519 public key, in PEM or base64url: {error}") from error
        if not isinstance(key, Ed25519PublicKey):
            raise KeyFileError("a public key, but not of the kind Ed25519")
        return cls(key)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a key file. KeyFileError names it when it cannot be used."""
        try:
            return cls.from_text(_read(path).decode("ascii"))
        except (KeyFileError, UnicodeDecodeError) as error:
            raise KeyFileError(f"the public key {path} cannot be used: {error}") from error

    @property
    def text(self) -> str:
        """The key on one line."""
        return _base64url(self.key.public_bytes_raw())

    @property
    def pem(self) -> str:
        """The key as other programs read it."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.key.public_bytes(serialization.Encoding.PEM, form).decode("ascii")

    def signed(self, digest: str, sig: str) -> bool:
        """Whether `sig` is this key's signature over an entry's `hash`."""
        try:
            self.key.verify(_unpadded(sig), digest.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """The half that signs. It stays on the device."""

    key: Ed25519PrivateKey

    @classmethod
    def make(cls) -> Self:
        """A new key from the system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file that `save` wrote. KeyFileError says what is wrong with it."""
        try:
            key = serialization.load_pem_private_key(_read(path), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyFileError(f"the device key {path} cannot be read: restore it from its backup") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyFileError(f"the device key {path} is not of the kind Ed25519: restore it from its backup")
        return cls(key)

    @property
    def public(self) -> PublicKey:
        """The half that is given away."""
        return PublicKey(self.key.public_key())

    def sign(self, digest: str) -> str:
        """The signature over an entry's `hash`, its 64 characters as they stand: base64url without padding."""
        return _base64url(self.key.sign(digest.encode()))

    def save(self, path: Path) -> None:
        """Write the key where there is none yet, readable by this user alone; whole on the disk, or not at all.

        Raises:
            KeyFileError: there is a file already (it is left as it is), or the folder cannot be written to.
        """
        fresh = path.with_name(f"{path.name}.new-{os.getpid()}")
        try:
            fresh.unlink(missing_ok=True)
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123
                file.write(self._pem())
                file.flush()
                os.fsync(file.fileno())
            # A link, unlike a rename, never takes the place of another's key.
            path.hardlink_to(fresh)
            fresh.unlink()
            sync_folder(path.parent)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise KeyFileError(f"the device key {path} cannot be written: {error.strerror}") from error

    def _pem(self) -> bytes:
        no_password = serialization.NoEncryption()
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_KEY_FILE)
    except OSError as error:
        raise KeyFileError(f"the key file {path} cannot be read: {error.strerror}") from error


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _unpadded(text: str) -> bytes:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error
    if _base64url(raw) != text:  # the last character has bits to spare, which must not tell two texts apart
        raise ValueError("not base64url in its one form")
    return raw
