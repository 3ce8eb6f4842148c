"""The centre's answers: what it has stored, what it does not take, and what it wants again."""

from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError

from sync.contract.fields import Count, Label, Seq, Slug, WireModel
from sync.errors import ContractError

MOST_ALSO: Final = 1000
"""Entries that one receipt may name beyond `through_seq`."""


class _ToKiosk(WireModel):
    v: Literal[1] = 1
    kiosk: Slug
    unit: Slug


class Receipt(_ToKiosk):
    """These entries are committed: all up to and including `through_seq`, and the later ones in `also`.

    `also` need not name every later entry that is stored, only some.
    """

    state: Literal["stored"] = "stored"
    through_seq: Count
    also: Annotated[tuple[Seq, ...], Field(max_length=MOST_ALSO)] = ()


class Rejection(_ToKiosk):
    """An entry was not stored, and why. It stays the kiosk's to deliver."""

    state: Literal["rejected"] = "rejected"
    seq: Seq
    reason: Label


class ResendFrom(_ToKiosk):
    """Send again from `seq` on; up to and including `through_seq`, or everything when it is null."""

    command: Literal["resend_from"] = "resend_from"
    seq: Seq
    through_seq: Seq | None


_answer: Final = TypeAdapter[Receipt | Rejection](Annotated[Receipt | Rejection, Field(discriminator="state")])


def parse_receipt(payload: bytes) -> Receipt | Rejection:
    """Read a message of the receipt topic.

    Raises:
        ContractError: it is neither of the two in version 1.
    """
    try:
        return _answer.validate_json(payload)
    except ValidationError as error:
        raise ContractError(f"not a receipt of contract version 1: {error.errors()[0]['msg']}") from error


def parse_command(payload: bytes) -> ResendFrom:
    """Read a message of the command topic.

    Raises:
        ContractError: it is no command this version knows.
    """
    try:
        return ResendFrom.model_validate_json(payload)
    except ValidationError as error:
        raise ContractError(f"not a command of contract version 1: {error.errors()[0]['msg']}") from error
