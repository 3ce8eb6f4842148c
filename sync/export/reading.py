"""Checks exported packages with the kiosk's public key, and reads and writes the receipt file of a kiosk."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sync.contract.topics import DEFAULT_ROOT, Topics
from sync.documents.envelope import sign
from sync.documents.receipt import MOST_ALSO, Receipt
from sync.durable import write_whole
from sync.errors import ContractError, ExportError, PackageError
from sync.export.package import LARGEST, SUFFIX, Header, Package, prefix
from sync.ledger import Ledger
from sync.mqtt.broker import IncomingMessage
from sync.mqtt.inward import check_own, read
from sync.signing import PublicKey, SigningKey


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong; `package` is the name of the file, None when a package is missing."""

    package: str | None
    problem: str
    text: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """The result of checking a folder: sound packages and their entries, and `flaws`. Of the `packages`, `sealed` ones
    are sealed: without the opening key only their header and the digest of their content were checked."""

    packages: int
    entries: int
    sealed: int
    flaws: tuple[Flaw, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong or missing."""
        return not self.flaws


def packages_in(folder: Path) -> list[Path]:
    """Return the files in a folder that are named like packages. Raises ExportError when there is none."""
    found = sorted(folder.glob(f"*{SUFFIX}"))
    if not found:
        raise ExportError(f"there is no package (*{SUFFIX}) in {folder}: name the folder that was exported to")
    return found


def read_package(path: Path) -> Package:
    """Read a package without checking it. Raises PackageError when it cannot be read."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        raise PackageError("unreadable", f"it cannot be read: {error.strerror}") from error
    if len(raw) > LARGEST:
        raise PackageError("unreadable", f"it has more than the {LARGEST} bytes of the largest package")
    return Package.of(raw)


def inspect(where: Path, key: PublicKey) -> Inspection:
    """Check one package file, or a folder that holds all packages of one kiosk's export.

    Raises:
        ExportError: there is no package.
    """
    headers, flaws = [], []
    for path in packages_in(where) if where.is_dir() else [where]:
        try:
            package = read_package(path)
            package.check(key)
            if package.header.sealed_to is None:
                package.check_entries(package.entries(None), key)
            headers.append(package.header)
        except PackageError as error:
            flaws.append(Flaw(path.name, error.problem, str(error)))
    if where.is_dir():
        flaws.extend(missing(headers))
    sealed = sum(header.sealed_to is not None for header in headers)
    return Inspection(len(headers), sum(header.count for header in headers), sealed, tuple(flaws))


def missing(headers: Sequence[Header]) -> Iterator[Flaw]:
    """Yield a flaw for each range of entries that the packages of one kiosk's export should hold but do not."""
    if not headers:
        return
    ordered = sorted(headers, key=lambda header: (header.first, header.last))
    reached, end = min(header.export.first for header in ordered) - 1, None
    for header in ordered:
        # Numbers that a salvage lost are not missing: the chain goes on across them.
        if header.first > reached + 1 and header.prev != end:
            yield _lack(header, reached + 1, header.first - 1)
        if header.last > reached:
            reached, end = header.last, header.hash
    last = max(header.export.last for header in ordered)
    if last > reached:
        yield _lack(ordered[-1], reached + 1, last)


def _lack(header: Header, first: int, last: int) -> Flaw:
    return Flaw(None, "missing", f"of kiosk {header.kiosk} no package holds the entries {first} to {last}")


def receipt_file(folder: Path, unit: str, kiosk: str) -> Path:
    """Return the path of a kiosk's receipt file among its packages. It holds one signed `Receipt` a line."""
    return folder / f"{prefix(unit, kiosk)}.receipt"


def write_receipts(folder: Path, receipts: Iterable[Receipt], key: SigningKey) -> None:
    """Write the receipts of one kiosk and replace earlier ones. Raises ExportError when the file cannot be written."""
    lines = [(receipt, sign(receipt, key) + b"\n") for receipt in receipts]
    path = receipt_file(folder, lines[0][0].unit, lines[0][0].kiosk)
    try:
        write_whole(path, b"".join(line for _receipt, line in lines))
    except OSError as error:
        text = f"{path} cannot be written: {error.strerror}; the entries are stored, import again for their receipt"
        raise ExportError(text) from error


def receipts_for(
    unit: str, kiosk: str, through_seq: int, through_hash: str | None, stored: Sequence[int]
) -> Iterator[Receipt]:
    """Yield receipts for all entries up to `through_seq` and for the `stored` ones beyond it. One receipt can name only
    `MOST_ALSO` of the latter, so there may be several."""
    also = sorted({seq for seq in stored if seq > through_seq})
    for at in range(0, max(len(also), 1), MOST_ALSO):
        part = tuple(also[at : at + MOST_ALSO])
        yield Receipt(kiosk=kiosk, unit=unit, through_seq=through_seq, through_hash=through_hash, also=part)


def take_receipts(ledger: Ledger, folder: Path, key: PublicKey) -> int:
    """Mark entries as delivered by the receipt file in a folder, and return how many were not delivered before.

    Raises:
        ExportError: the folder holds no receipt file of this kiosk.
        SignatureRefused: a receipt is not signed with the receiver's `key`; nothing was changed.
        ContractError: the file holds something else, or is for another kiosk; nothing was changed.
        StoreError: the ledger cannot be written.
    """
    path = receipt_file(folder, ledger.unit, ledger.kiosk)
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise ExportError(f"no receipt for this kiosk: {path} cannot be read: {error.strerror}") from error
    before = ledger.counts()
    receipts = [_receipt(line, ledger, key) for line in lines]
    for receipt in receipts:
        ledger.mark_receipted(receipt.also, receipt.through_seq)
    return before.waiting - ledger.counts().waiting


def _receipt(line: bytes, ledger: Ledger, key: PublicKey) -> Receipt:
    topics = Topics(DEFAULT_ROOT, ledger.unit, ledger.kiosk)
    said = read(IncomingMessage(topics.receipt, line), topics, ledger.counts().last_seq, key)
    if not isinstance(said, Receipt):
        raise ContractError("the receipt file holds what is no receipt")
    check_own(said, ledger)
    return said
