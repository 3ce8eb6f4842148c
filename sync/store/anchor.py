"""The anchor, a file `ledger.anchor` beside the ledger: it names the last entry that was moved into the archive.

The device's key signs it, so it proves where the chain in the ledger was cut, and by which device. It is a file of its
own because it must survive the loss of the database. It is written, with fsync, after the package that holds those
entries and before they leave the ledger.
"""

from pathlib import Path
from typing import Final, Literal

from pydantic import TypeAdapter

from sync.chain import Link
from sync.contract.fields import Digest, Seq, Signature, Slug, WireModel
from sync.documents.envelope import read_signed, sign
from sync.durable import write_whole
from sync.errors import ContractError
from sync.signing import PublicKey, SigningKey


class Anchor(WireModel):
    """The last entry that was moved into the archive."""

    v: Literal[1] = 1
    kind: Literal["anchor"] = "anchor"
    unit: Slug
    kiosk: Slug
    seq: Seq
    hash: Digest
    sig: Signature | None = None


_ANCHOR: Final = TypeAdapter(Anchor)


def write_anchor(ledger: Path, anchor: Anchor, key: SigningKey) -> None:
    """Write the anchor of the ledger at `ledger`. Raises OSError when the file cannot be written."""
    write_whole(ledger.with_suffix(".anchor"), sign(anchor, key))


def read_anchor(ledger: Path, kiosk: str, key: PublicKey) -> Link | None:
    """Return the link that the anchor of the ledger at `ledger` names, None when there is no anchor.

    Raises:
        ContractError: the file is not an anchor of this kiosk that is signed by its key.
    """
    try:
        raw = ledger.with_suffix(".anchor").read_bytes()
    except FileNotFoundError:
        return None
    anchor = read_signed(raw, _ANCHOR, key)
    if anchor.kiosk != kiosk:
        raise ContractError(f"it is of kiosk {anchor.kiosk}")
    return Link(anchor.seq, anchor.hash)
