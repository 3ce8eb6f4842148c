"""Reads receipts and commands of the centre, and checks that they are meant for this kiosk and its ledger."""

from sync.contract.topics import Topics
from sync.documents.command import COMMAND, Command, ResendFrom
from sync.documents.envelope import read_signed
from sync.documents.receipt import ANSWER, Answer, Receipt, Rejection
from sync.errors import ContractError, WrongAddressee
from sync.ledger import Ledger
from sync.mqtt.broker import IncomingMessage
from sync.signing import PublicKey


def read(message: IncomingMessage, topics: Topics, last_seq: int, key: PublicKey | None) -> Answer | Command:
    """Return the content of a message on the receipt or command topic of this kiosk. `last_seq` is the ledger's end.

    Raises:
        SignatureRefused: the receiver's `key` is known, and the message is not signed by it.
        WrongAddressee: the message is meant for another kiosk or unit.
        ContractError: the message does not follow the contract, or is about entries that the ledger does not have.
    """
    said: Answer | Command
    if message.topic == topics.receipt:
        said = read_signed(message.payload, ANSWER, key)
    else:
        said = read_signed(message.payload, COMMAND, key)
    if (said.kiosk, said.unit) != (topics.kiosk, topics.unit):
        raise WrongAddressee(f"it is meant for kiosk {said.kiosk} of unit {said.unit}")
    if (told := _latest(said)) > last_seq:
        raise ContractError(f"it speaks of entry {told}, but the ledger ends at {last_seq}")
    return said


def check_own(receipt: Receipt, ledger: Ledger) -> None:
    """Raise `ContractError` when the receipt is about another chain: the hash of its last entry is not the ledger's."""
    if receipt.through_seq < ledger.begins_after().seq:  # it lies in the archive: the centre was restored from a backup
        return
    if receipt.through_hash not in (None, ledger.hash_of(receipt.through_seq)):
        raise ContractError(
            f"the centre holds another entry {receipt.through_seq}: this ledger was put back to an older state; "
            "export it, and have the kiosk registered under a new name"
        )


def _latest(said: Answer | Command) -> int:
    """Return the highest sequence number that the message names, 0 for none."""
    match said:
        case Receipt():
            return max(said.through_seq, *said.also, 0)
        case Rejection() | ResendFrom():
            return said.seq
    return 0
