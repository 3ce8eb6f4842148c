"""Ed25519 keys: who signed a digest, checkable by anyone who has the public half."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync.errors import KeyFileError
from sync.keyfile import base64url, from_base64url, read_key, read_private, write_private, wrong_kind


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
                key = Ed25519PublicKey.from_public_bytes(from_base64url(text.strip()))
        except (ValueError, UnsupportedAlgorithm) as error:
            raise KeyFileError(f"not an Ed25519 public key, in PEM or base64url: {error}") from error
        if not isinstance(key, Ed25519PublicKey):
            raise KeyFileError("a public key, but not of the kind Ed25519")
        return cls(key)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a key file. KeyFileError names it when it cannot be used."""
        try:
            return cls.from_text(read_key(path).decode("ascii"))
        except (KeyFileError, UnicodeDecodeError) as error:
            raise KeyFileError(f"the public key {path} cannot be used: {error}") from error

    @property
    def text(self) -> str:
        """The key on one line."""
        return base64url(self.key.public_bytes_raw())

    @property
    def pem(self) -> str:
        """The key as other programs read it."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.key.public_bytes(serialization.Encoding.PEM, form).decode("ascii")

    def signed(self, digest: str, sig: str) -> bool:
        """Whether `sig` is this key's signature over a digest, such as an entry's `hash`."""
        try:
            self.key.verify(from_base64url(sig), digest.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The half that signs. It stays where it was made."""

    key: Ed25519PrivateKey

    @classmethod
    def make(cls) -> Self:
        """A new key from the system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file that `save` wrote. KeyFileError says what is wrong with it."""
        key = read_private(path)
        if not isinstance(key, Ed25519PrivateKey):
            raise wrong_kind(path, "Ed25519")
        return cls(key)

    @property
    def public(self) -> PublicKey:
        """The half that is given away."""
        return PublicKey(self.key.public_key())

    def sign(self, digest: str) -> str:
        """The signature over a digest's 64 characters as they stand: base64url without padding."""
        return base64url(self.key.sign(digest.encode()))

    def save(self, path: Path) -> None:
        """Write the key where there is none yet, readable by this user alone; whole on the disk, or not at all.

        Raises:
            KeyFileError: there is a file already (it is left as it is), or the folder cannot be written to.
        """
        write_private(path, self.key)
