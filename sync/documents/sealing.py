"""Sealing: encryption to a public key, which only the private key can open (HPKE, RFC 9180, base mode).

The suite is DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM; what travels is the encapsulated key and the
ciphertext behind it. `purpose` is HPKE's `info`: what was sealed for one purpose does not open for another.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from sync.errors import KeyFileError, SealError
from sync.keyfile import base64url, from_base64url, read_private, write_private, wrong_kind

_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class SealTo:
    """The public key, which seals. Its text is the 32 raw bytes (RFC 7748) in base64url without padding."""

    key: X25519PublicKey

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read the text of a key. Raises KeyFileError when it is no X25519 public key."""
        try:
            return cls(X25519PublicKey.from_public_bytes(from_base64url(text.strip())))
        except ValueError as error:
            raise KeyFileError(f"not an X25519 public key in base64url: {error}") from error

    @property
    def text(self) -> str:
        """The key as one line of text."""
        return base64url(self.key.public_bytes_raw())

    def seal(self, plain: bytes, purpose: str) -> bytes:
        """Return sealed bytes that only the private key opens, and only for this purpose."""
        return _SUITE.encrypt(plain, self.key, purpose.encode())


@dataclass(frozen=True, slots=True)
class Opener:
    """The private key, which opens sealed bytes."""

    key: X25519PrivateKey

    @classmethod
    def make(cls) -> Self:
        """Return a new key from the operating system's random source."""
        return cls(X25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file that `save` wrote. Raises KeyFileError when it holds no X25519 private key."""
        key = read_private(path)
        if not isinstance(key, X25519PrivateKey):
            raise wrong_kind(path, "X25519")
        return cls(key)

    @property
    def public(self) -> SealTo:
        """The public key that seals to it."""
        return SealTo(self.key.public_key())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Return the bytes that were sealed.

        Raises:
            SealError: they were sealed to another key or for another purpose, or were changed.
        """
        try:
            return _SUITE.decrypt(sealed, self.key, purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise SealError("it is not sealed to this key for this purpose, or it was changed") from error

    def save(self, path: Path) -> None:
        """Write the key to a new file, and raise as `write_new` does."""
        write_private(path, self.key)
