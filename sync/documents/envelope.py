"""Signs documents and reads signed ones, and holds the public keys that a kiosk pins. No I/O."""

import hashlib
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from sync.canonical import Document, canonical, load
from sync.contract.fields import Instant, Seq, Signature, Slug, WireModel
from sync.documents.sealing import SealTo
from sync.errors import ContractError, SignatureRefused
from sync.signing import PublicKey, SigningKey

LARGEST: Final = 4 * 1024 * 1024
"""Bytes of the largest document: a person with five photos has less than one million."""


class SignedModel(WireModel):
    """What the centre signs. `version` only grows, for each kind and whom it is about: what is older is refused."""

    v: Literal[1] = 1
    unit: Slug
    version: Seq
    at: Instant
    sig: Signature | None = None


Signed = TypeVar("Signed", bound=WireModel)


def sign(document: WireModel, key: SigningKey | None) -> bytes:
    """Return the canonical JSON of a document with the signature of `key` in `sig`, which is null without a key."""
    values = document.model_dump(mode="json", exclude={"sig"})
    return canonical(values | {"sig": None if key is None else key.sign(_digest(values))})


def read_signed(payload: bytes, form: TypeAdapter[Signed], key: PublicKey | None) -> Signed:
    """Return the document in a payload. With a `key`, its signature is checked before anything else of it is used.

    Raises:
        SignatureRefused: a key is given, and the document is not signed by it.
        ContractError: the payload is not a document of this form.
    """
    if len(payload) > LARGEST:
        raise ContractError(f"{len(payload)} bytes, more than the {LARGEST} of the largest document")
    document = load(payload)
    if key is not None:
        _check(document, key)
    try:
        return form.validate_json(payload)
    except ValidationError as error:
        raise ContractError(f"not of contract version 1: {_first(error)}") from error


def _check(document: Document, key: PublicKey) -> None:
    values: dict[str, Any] = {name: value for name, value in document.items() if name != "sig"}
    sig = document.get("sig")
    if not isinstance(sig, str):
        raise SignatureRefused("it is not signed")
    try:
        digest = _digest(values)
    except RecursionError as error:
        raise ContractError("it is too deep") from error
    if not key.signed(digest, sig):
        raise SignatureRefused("its signature is not of the key that is pinned here")


def _digest(values: Document) -> str:
    return hashlib.sha256(canonical(values)).hexdigest()


def _first(error: ValidationError) -> str:
    """Return where the first error is and what it is, without the value, which may be personal data."""
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(part) for part in first['loc']) or 'the document'}: {first['msg']}"


@dataclass(frozen=True, slots=True)
class Pinned:
    """Public keys that were set when the kiosk was provisioned, None where none was.

    `agency` signs roster and policy and may lie in a safe; without it neither is accepted. `receiver` signs receipts
    and commands on the server that is online; without it those are taken as they come, and the broker's access list is
    all that protects them. `seal_to` is the agency's key that evidence and enrolments are sealed to; without it none
    leave the kiosk.
    """

    agency: PublicKey | None = None
    receiver: PublicKey | None = None
    seal_to: SealTo | None = None


NOTHING_PINNED = Pinned()
