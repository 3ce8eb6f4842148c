"""Encryption at rest: one secret for each device, and keys that are derived from it, one for each purpose."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sync.errors import KeyFileError, SealError
from sync.keyfile import read_key, write_new

log = logging.getLogger(__name__)

_NAME: Final = "device-secret"
_SECRET_BYTES: Final = 32
_NONCE_BYTES: Final = 12  # NIST SP 800-38D, sections 8.2.2 and 8.3: a key with random nonces serves 2**32 messages
_NOT_FOR_OTHERS: Final = 0o077


class Vault:
    """AES-256-GCM with random nonces, a key for each purpose by HKDF-SHA256 (RFC 5869). Threads may share it.

    Bytes that were sealed for one purpose and row cannot be opened for another: both are the associated data. Sealed
    bytes are the nonce, the ciphertext and the tag.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._ciphers: dict[str, AESGCM] = {}

    @property
    def check(self) -> bytes:
        """32 bytes that identify the secret without revealing it. A store keeps them to recognise the secret again."""
        return self._derive("check")

    def seal(self, purpose: str, row: str, plain: bytes) -> bytes:
        """Returns `plain` encrypted for a purpose and a row."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher(purpose).encrypt(nonce, plain, _bound(purpose, row))

    def open(self, purpose: str, row: str, sealed: bytes) -> bytes:
        """Returns the decrypted bytes. Raises SealError when they were changed or belong to another purpose or row."""
        nonce, ciphertext = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher(purpose).decrypt(nonce, ciphertext, _bound(purpose, row))
        except (InvalidTag, ValueError) as error:  # ValueError: too short for a nonce
            raise SealError(f"what is kept of {row} for {purpose} was changed since it was encrypted") from error

    def _cipher(self, purpose: str) -> AESGCM:
        known = self._ciphers.get(purpose)
        if known is None:
            known = self._ciphers[purpose] = AESGCM(self._derive(f"key/{purpose}"))
        return known

    def _derive(self, info: str) -> bytes:
        return HKDF(SHA256(), length=32, salt=None, info=f"senfie/v1/vault/{info}".encode()).derive(self._secret)


@dataclass(frozen=True, slots=True)
class DeviceSecret:
    """Where the device's secret is read from: the systemd credential `device-secret` when there is one, else a file."""

    file: Path
    credential: Path | None = None

    @classmethod
    def of(cls, data_dir: Path, environment: Mapping[str, str] = os.environ) -> Self:
        """Returns the secret of a data directory, or the credential that systemd gave this process."""
        folder = environment.get("CREDENTIALS_DIRECTORY")
        credential = Path(folder) / _NAME if folder else None
        return cls(data_dir / "device.secret", credential if credential and credential.exists() else None)

    def unlock(self, check: bytes | None) -> Vault:
        """Returns the vault of this secret.

        `check` is the `Vault.check` that the store keeps. None stands for a store that holds nothing yet: then a
        missing file is made. An existing secret is never replaced.

        Raises:
            KeyFileError: the secret is missing, is another one, cannot be read, or may be read by others.
        """
        vault = Vault(self._read(may_make=check is None))
        if check not in (None, vault.check):
            raise KeyFileError(
                f"the device's secret {self._path} is not the one that the data here is encrypted with: {self._mend()}"
            )
        return vault

    @property
    def _path(self) -> Path:
        return self.credential or self.file

    def _mend(self) -> str:
        # A command that is run by hand has no credentials of systemd.
        by_hand = (
            "" if self.credential else f"; a kiosk that gets it from systemd needs the credential {_NAME} here too"
        )
        return f"restore its backup{by_hand}"

    def _read(self, *, may_make: bool) -> bytes:
        if self.credential is None:
            if not self.file.exists():
                self._make(may_make=may_make)
            # systemd protects a credential by an access list, which its mode does not show.
            if self.file.stat().st_mode & _NOT_FOR_OTHERS:
                raise KeyFileError(f"others may read {self.file}: run: chmod 600 {self.file}")
        secret = read_key(self._path)
        if len(secret) != _SECRET_BYTES:
            raise KeyFileError(f"{self._path} has {len(secret)} bytes, not {_SECRET_BYTES}: {self._mend()}")
        return secret

    def _make(self, *, may_make: bool) -> None:
        if not may_make:
            raise KeyFileError(
                f"the device's secret {self.file} is gone, and data is encrypted with it: {self._mend()}"
            )
        try:
            write_new(self.file, os.urandom(_SECRET_BYTES))
        except KeyFileError:
            if not self.file.exists():  # else another process made one in this moment
                raise
        else:
            log.info("made the device's secret %s", self.file)


def _bound(purpose: str, row: str) -> bytes:
    return f"{purpose}\n{row}".encode()
