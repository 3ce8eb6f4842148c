"""The centre's answers to entries: what it has stored, and what it does not take."""

from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from sync.contract.fields import Count, Digest, Label, Seq, Signature, Slug, WireModel

MOST_ALSO: Final = 1000
"""Entries that one receipt may name beyond `through_seq`."""


class _Answer(WireModel):
    """Answers have no version: what was stored once stays stored, so an old answer told again does no harm."""

    v: Literal[1] = 1
    kiosk: Slug
    unit: Slug
    sig: Signature | None = None


class Receipt(_Answer):
    """These entries are committed: all up to and including `through_seq`, and the later ones in `also`.

    `also` need not name every later entry that is stored, only some. `through_hash` is the `hash` of the entry
    `through_seq`, which stands for all before it: a kiosk whose own entry has another one was put back to an older
    state, and takes nothing for delivered. It is null where the centre does not hold that entry.
    """

    state: Literal["stored"] = "stored"
    through_seq: Count
    through_hash: Digest | None = None
    also: Annotated[tuple[Seq, ...], Field(max_length=MOST_ALSO)] = ()


class Rejection(_Answer):
    """An entry was not stored, and why. It stays the kiosk's to deliver."""

    state: Literal["rejected"] = "rejected"
    seq: Seq
    reason: Label


class ParcelReceipt(_Answer):
    """What was sealed and published beside the entries, evidence or an enrolment, is committed: by its SHA-256s."""

    state: Literal["parcels"] = "parcels"
    stored: Annotated[tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")], ...], Field(max_length=MOST_ALSO)]


Answer = Receipt | Rejection | ParcelReceipt
ANSWER: Final[TypeAdapter[Answer]] = TypeAdapter(Annotated[Answer, Field(discriminator="state")])
