"""Reads what the centre says to one kiosk."""

from sync.broker import Message
from sync.contract import Receipt, Rejection, ResendFrom, parse_command, parse_receipt
from sync.errors import ContractError
from sync.topics import Topics


def read(message: Message, topics: Topics, last_seq: int) -> Receipt | Rejection | ResendFrom:
    """The message of a receipt or command topic, when it is for this kiosk and about entries that it has.

    Raises:
        ContractError: it is not.
    """
    said = parse_receipt(message.payload) if message.topic == topics.receipt else parse_command(message.payload)
    if (said.kiosk, said.unit) != (topics.kiosk, topics.unit):
        raise ContractError(f"it is meant for kiosk {said.kiosk} of unit {said.unit}")
    told = max(said.through_seq, *said.also, 0) if isinstance(said, Receipt) else said.seq
    if told > last_seq:
        raise ContractError(f"it speaks of entry {told}, but the ledger ends at {last_seq}")
    return said
