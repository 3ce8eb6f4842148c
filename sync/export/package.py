"""A package: up to a thousand entries in one file, signed by their kiosk and sealed to the agency. No I/O.

The first line is the header, signed like a document of the centre (`sync.documents.envelope`), but by the device's key.
What follows is the content: the entries as they lie in the ledger, one a line, gzip'd, then sealed.
"""

import gzip
import hashlib
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal, Self

from pydantic import Field, TypeAdapter

from sync.canonical import load
from sync.chain import Link, verify
from sync.contract.device import SeqRange
from sync.contract.fields import Count, Digest, Instant, Seq, Signature, Slug, WireModel
from sync.documents.envelope import read_signed, sign
from sync.documents.sealing import Opener, SealTo
from sync.errors import ContractError, PackageError, SealError, SignatureRefused
from sync.ledger import Stored
from sync.signing import PublicKey, SigningKey

MOST: Final = 1000
"""Entries of one package."""

SUFFIX: Final = ".senfie"

_LONGEST_HEADER: Final = 4096
LARGEST: Final = 64 * 1024 * 1024
"""Bytes of the largest package, and of its unpacked entries. A thousand records have about one million."""


class Header(WireModel):
    """The first line of a package: what it holds, readable without opening it.

    The package holds `count` entries with numbers from `first` to `last`; a salvage may have lost some between. `prev`
    is the hash before the first entry, `hash` that of the last one. `size` (bytes) and `sha256` are of the content as
    it is written. `sealed_to` is the agency's public key, null when nothing is sealed. `export` is the range of the
    whole export that the package belongs to.
    """

    v: Literal[1] = 1
    kind: Literal["package"] = "package"
    unit: Slug
    kiosk: Slug
    first: Seq
    last: Seq
    count: Annotated[int, Field(ge=1, le=MOST)]
    prev: Digest
    hash: Digest
    size: Count
    sha256: Digest
    sealed_to: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")] | None
    export: SeqRange
    at: Instant
    sig: Signature | None = None

    @property
    def name(self) -> str:
        """The name of the package's file."""
        return f"{prefix(self.unit, self.kiosk)}_{self.first}-{self.last}{SUFFIX}"


HEADER: Final = TypeAdapter(Header)


def prefix(unit: str, kiosk: str) -> str:
    """Return the beginning of the names of a kiosk's files. Slugs have no underscore, so no two kiosks share it."""
    return f"{unit}_{kiosk}"


def pack(
    entries: Sequence[Stored], export: SeqRange, at: datetime, key: SigningKey, seal_to: SealTo | None
) -> tuple[Header, bytes]:
    """Return the header, and the bytes of a file that holds these entries of one kiosk, in order."""
    first, last = load(entries[0].payload), load(entries[-1].payload)
    content = gzip.compress(b"".join(entry.payload + b"\n" for entry in entries), mtime=0)
    if seal_to is not None:
        content = seal_to.seal(content, _purpose(first["kiosk"], first["seq"], last["seq"]))
    header = Header(
        unit=first["unit"],
        kiosk=first["kiosk"],
        first=first["seq"],
        last=last["seq"],
        count=len(entries),
        prev=first["prev"],
        hash=last["hash"],
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        sealed_to=None if seal_to is None else seal_to.text,
        export=export,
        at=at,
    )
    return header, sign(header, key) + b"\n" + content


@dataclass(frozen=True, slots=True)
class Package:
    """A package as it was read: `line` is its first line, `content` the rest. Nothing is trusted before `check`."""

    header: Header
    line: bytes
    content: bytes

    @classmethod
    def of(cls, raw: bytes) -> Self:
        """Split the bytes of a file. Raises PackageError when it does not begin like a package."""
        line, end, content = raw.partition(b"\n")
        if not end or len(line) > _LONGEST_HEADER:
            raise PackageError("unreadable", "it is no package, or it ends within its first line")
        try:
            return cls(read_signed(line, HEADER, None), line, content)
        except ContractError as error:
            raise PackageError("unreadable", f"its first line is not a package's: {error}") from error

    def check(self, key: PublicKey) -> None:
        """Check with the kiosk's public key that the package is whole and as the kiosk wrote it.

        Raises:
            PackageError: it is not.
        """
        header = self.header
        try:
            read_signed(self.line, HEADER, key)
        except SignatureRefused as error:
            text = f"it says that it is of kiosk {header.kiosk}, but it is not signed with the key given for it"
            raise PackageError("signature", text) from error
        if len(self.content) < header.size:
            text = f"it is truncated: {len(self.content)} bytes of {header.size} are there"
            raise PackageError("truncated", text)
        if hashlib.sha256(self.content).hexdigest() != header.sha256:
            raise PackageError("digest", "its content was changed or is damaged")

    def entries(self, opener: Opener | None) -> list[bytes]:
        """Return the entries, in order. A sealed package needs the agency's `opener`.

        Raises:
            PackageError: the content cannot be opened or unpacked, or has another number of entries than the header.
        """
        header, content = self.header, self.content
        if header.sealed_to is not None:
            content = _opened(content, header, opener)
        entries = _unzipped(content).split(b"\n")[:-1]
        if len(entries) != header.count:
            raise PackageError("entries", f"it holds {len(entries)} entries, its header says {header.count}")
        return entries

    def check_entries(self, entries: list[bytes], key: PublicKey) -> None:
        """Check the entries as the piece of the chain that the header names. Raises PackageError when one is wrong."""
        header = self.header
        for finding in verify(entries, key, after=Link(header.first - 1, header.prev)).findings:
            raise PackageError("entries", finding.text)
        last = load(entries[-1])
        if (last["seq"], last["hash"]) != (header.last, header.hash):
            raise PackageError("entries", f"it ends with entry {last['seq']}, its header says {header.last}")


def _opened(content: bytes, header: Header, opener: Opener | None) -> bytes:
    if opener is None:
        raise PackageError("sealed", "it is sealed: the agency's opening key is needed")
    try:
        return opener.open(content, _purpose(header.kiosk, header.first, header.last))
    except SealError as error:
        raise PackageError("sealed", f"{error}; it is sealed to {header.sealed_to}") from error


def _unzipped(content: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            plain = file.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise PackageError("entries", f"its content cannot be unpacked: {error}") from error
    if len(plain) > LARGEST:
        raise PackageError("entries", f"its content unpacks to more than {LARGEST} bytes")
    return plain


def _purpose(kiosk: str, first: int, last: int) -> str:
    return f"package {kiosk} {first}-{last}"
