"""A package: up to a thousand entries in one file, signed by their kiosk and sealed to the agency. Pure.

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
"""Bytes of a package, and of its entries once they are unpacked: a thousand records have one million."""


class Header(WireModel):
    """What a package says of itself before it is opened.

    It holds the entries `first` to `last`, `count` of them, fewer than the numbers when a salvage lost some. `prev` is
    what the first continues, `hash` the last one's own. `size` and `sha256` are of the content as it is written,
    `sealed_to` the key that only the agency's opens, null when nothing is sealed. `export` is all that was to be
    written together.
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
        """Its file's."""
        return f"{prefix(self.unit, self.kiosk)}_{self.first}-{self.last}{SUFFIX}"


HEADER: Final = TypeAdapter(Header)


def prefix(unit: str, kiosk: str) -> str:
    """What the names of a kiosk's files begin with; no name has an underscore, so no two kiosks share it."""
    return f"{unit}_{kiosk}"


def pack(
    entries: Sequence[Stored], export: SeqRange, at: datetime, key: SigningKey, seal_to: SealTo | None
) -> tuple[Header, bytes]:
    """The file that holds these entries of one kiosk, in order."""
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
    """A file as it was read. Nothing is proven before `check`."""

    header: Header
    line: bytes
    content: bytes

    @classmethod
    def of(cls, raw: bytes) -> Self:
        """Take a file apart. PackageError when it does not begin like a package."""
        line, end, content = raw.partition(b"\n")
        if not end or len(line) > _LONGEST_HEADER:
            raise PackageError("unreadable", "it is no package, or it ends within its first line")
        try:
            return cls(read_signed(line, HEADER, None), line, content)
        except ContractError as error:
            raise PackageError("unreadable", f"its first line is not a package's: {error}") from error

    def check(self, key: PublicKey) -> None:
        """Prove by the kiosk's public key alone that it is whole and as the kiosk wrote it.

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
        """Its entries, in order; what is sealed needs the agency's opening key.

        Raises:
            PackageError: they cannot be had, or are not those that the header names.
        """
        header, content = self.header, self.content
        if header.sealed_to is not None:
            content = _opened(content, header, opener)
        entries = _unzipped(content).split(b"\n")[:-1]
        if len(entries) != header.count:
            raise PackageError("entries", f"it holds {len(entries)} entries, its header says {header.count}")
        return entries

    def check_entries(self, entries: list[bytes], key: PublicKey) -> None:
        """Prove each entry by itself and as the header's stretch of the chain. PackageError when one is wrong."""
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
