"""Ed25519 keys, which sign digests and check such signatures."""

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
    """The public key. Its text is the 32 raw bytes (RFC 8032) in base64url without padding."""

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
        """Read a key file. Raises KeyFileError, which names the file, when it cannot be used."""
        try:
            return cls.from_text(read_key(path).decode("ascii"))
        except (KeyFileError, UnicodeDecodeError) as error:
            raise KeyFileError(f"the public key {path} cannot be used: {error}") from error

    @property
    def text(self) -> str:
        """The key as one line of text."""
        return base64url(self.key.public_bytes_raw())

    @property
    def pem(self) -> str:
        """The key as PEM (SubjectPublicKeyInfo), the form that other programs read."""
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
    """The private key. It stays on the machine where it was made."""

    key: Ed25519PrivateKey

    @classmethod
    def make(cls) -> Self:
        """Return a new key from the operating system's random source."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file that `save` wrote. Raises KeyFileError when it holds no Ed25519 private key."""
        key = read_private(path)
        if not isinstance(key, Ed25519PrivateKey):
            raise wrong_kind(path, "Ed25519")
        return cls(key)

    @property
    def public(self) -> PublicKey:
        """The public key that checks its signatures."""
        return PublicKey(self.key.public_key())

    def sign(self, digest: str) -> str:
        """Return the signature over the 64 characters of a hexadecimal digest, in base64url without padding."""
        return base64url(self.key.sign(digest.encode()))

    def save(self, path: Path) -> None:
        """Write the key to a new file that only this user can read. It is whole on the disk, or not there at all.

        Raises:
            KeyFileError: there is a file already (it is left as it is), or the folder cannot be written to.
        """
        write_private(path, self.key)
