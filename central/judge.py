"""Judges one message by itself, an entry or a parcel, before it is stored. No I/O."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from sync.canonical import Document, load
from sync.chain import check_entry, check_signature
from sync.contract import Entry, check_slug, parse_entry
from sync.contract.topics import PARCELS, Topics
from sync.errors import ContractError
from sync.signing import PublicKey

LARGEST: Final = 256 * 1024
"""Bytes of the largest entry; a record has about one thousand."""

Problem = Literal["size", "contract", "topic", "unknown_kiosk", "hash", "receipt", "signature", "conflict", "chain"]
"""Why a message is not stored. `conflict`: another entry is stored under its number. `chain`: the hashes do not join
those of the entries stored before and after it."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A registered kiosk. Entries with numbers below `signed_from` may have no signature."""

    unit: str
    key: PublicKey
    signed_from: int = 1


@dataclass(frozen=True, slots=True)
class Sound:
    """An entry whose digest, receipt code, signature and topic are right."""

    topic: str
    payload: bytes
    entry: Entry


@dataclass(frozen=True, slots=True)
class Unsound:
    """A message that is not to be stored. `seq` is the number of its entry, None when it could not be read."""

    topic: str
    payload: bytes
    problem: Problem
    reason: str
    seq: int | None = None

    @property
    def sha256(self) -> str:
        """The SHA-256 of the payload."""
        return hashlib.sha256(self.payload).hexdigest()


def judge(topic: str, payload: bytes, root: str, known: Mapping[str, Registered]) -> Sound | Unsound:
    """Check a message of an entry topic under `root`, apart from its place in the chain, which `store` checks."""
    if len(payload) > LARGEST:
        return Unsound(topic, payload, "size", f"{len(payload)} bytes, more than the {LARGEST} of the largest entry")
    try:
        # The schema first: it bounds what the recursive digest walks through.
        entry = parse_entry(payload)
        document = load(payload)
    except ContractError as error:
        return Unsound(topic, payload, "contract", str(error))
    return _proven(Sound(topic, payload, entry), document, root, known)


def _proven(item: Sound, document: Document, root: str, known: Mapping[str, Registered]) -> Sound | Unsound:
    entry = item.entry

    def unsound(problem: Problem, reason: str) -> Unsound:
        return Unsound(item.topic, item.payload, problem, reason, entry.seq)

    if item.topic != Topics(root, entry.unit, entry.kiosk).entry:
        return unsound("topic", f"entry {entry.seq} of kiosk {entry.kiosk} came on the topic of another")
    for finding in check_entry(document):
        return unsound("receipt" if finding.problem == "receipt" else "hash", finding.text)
    kiosk = known.get(entry.kiosk)
    if kiosk is None or kiosk.unit != entry.unit:
        return unsound("unknown_kiosk", f"kiosk {entry.kiosk} of unit {entry.unit} is not registered")
    for finding in check_signature(document, kiosk.key, needed=entry.seq >= kiosk.signed_from):
        return unsound("signature", finding.text)
    return item


LARGEST_PARCEL: Final = 64 * 1024
"""Bytes of the largest parcel: a face crop has at most 32 KB, the templates of a person have less."""


@dataclass(frozen=True, slots=True)
class JudgedParcel:
    """A parcel that may be stored: sealed bytes that only the agency can open. `key` is a record's id, or a person."""

    kind: str
    unit: str
    kiosk: str
    key: str
    sealed: bytes

    @property
    def sha256(self) -> str:
        """The SHA-256 of the sealed bytes."""
        return hashlib.sha256(self.sealed).hexdigest()


def is_parcel(topic: str) -> bool:
    """Whether messages of this topic are parcels, not entries."""
    return topic.split("/")[-2:-1] in [[kind] for kind in PARCELS]


def judge_parcel(topic: str, payload: bytes, root: str, known: Mapping[str, Registered]) -> JudgedParcel | Unsound:
    """Check what can be checked of a sealed parcel: its size, and the unit and kiosk in its topic."""

    def unsound(problem: Problem, reason: str) -> Unsound:
        return Unsound(topic, payload, problem, reason)

    if len(payload) > LARGEST_PARCEL:
        return unsound("size", f"{len(payload)} bytes, more than the {LARGEST_PARCEL} of the largest parcel")
    unit, kiosk, kind, key = topic.removeprefix(f"{root}/").split("/")
    try:
        check_slug(key, "what the parcel is about,")
    except ContractError as error:
        return unsound("topic", str(error))
    registered = known.get(kiosk)
    if registered is None or registered.unit != unit:
        return unsound("unknown_kiosk", f"kiosk {kiosk} of unit {unit} is not registered")
    return JudgedParcel(kind, unit, kiosk, key, payload)
