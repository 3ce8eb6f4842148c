"""The way back: what the centre wrote beside the packages, so that the kiosk knows them delivered."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sync.delivery.inward import check_own, read
from sync.documents.envelope import sign
from sync.documents.receipt import MOST_ALSO, Receipt
from sync.errors import ContractError, ExportError
from sync.export.package import prefix
from sync.ledger import Ledger
from sync.news import Message
from sync.signing import PublicKey, SigningKey
from sync.store.head import write_whole
from sync.topics import DEFAULT_ROOT, Topics


def receipt_file(folder: Path, unit: str, kiosk: str) -> Path:
    """Where the receipts of a kiosk lie among its packages: one signed `Receipt` a line."""
    return folder / f"{prefix(unit, kiosk)}.receipt"


def write_receipts(folder: Path, receipts: Iterable[Receipt], key: SigningKey) -> None:
    """Write the receipts of one kiosk, in the place of earlier ones. ExportError when that cannot be done."""
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
    """All that is stored up to `through_seq`, and these entries beyond it, in as many receipts as it takes."""
    also = sorted({seq for seq in stored if seq > through_seq})
    for at in range(0, max(len(also), 1), MOST_ALSO):
        part = tuple(also[at : at + MOST_ALSO])
        yield Receipt(kiosk=kiosk, unit=unit, through_seq=through_seq, through_hash=through_hash, also=part)


def take_receipts(ledger: Ledger, folder: Path, key: PublicKey) -> int:
    """Take the entries for delivered that the centre has stored; how many more they are now.

    Raises:
        ExportError: there is no receipt for this kiosk.
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
    said = read(Message(topics.receipt, line), topics, ledger.counts().last_seq, key)
    if not isinstance(said, Receipt):
        raise ContractError("the receipt file holds what is no receipt")
    check_own(said, ledger)
    return said
