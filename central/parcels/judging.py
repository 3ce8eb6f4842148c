"""Whether a message is a parcel of a kiosk: something sealed that comes beside the entries. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from central.judge import Problem, Registered, Unsound
from sync.contract import check_slug
from sync.errors import ContractError
from sync.topics import PARCELS

LARGEST: Final = 64 * 1024
"""Bytes of the largest parcel: a face crop has at most 32 KB, the templates of a person have less."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Something that only the agency can open. `key` is the record's id, or the person."""

    kind: str
    unit: str
    kiosk: str
    key: str
    sealed: bytes

    @property
    def sha256(self) -> str:
        """Names it."""
        return hashlib.sha256(self.sealed).hexdigest()


def is_parcel(topic: str) -> bool:
    """Whether a message of this topic is a parcel, and no entry."""
    return topic.split("/")[-2:-1] in [[kind] for kind in PARCELS]


def judge_parcel(topic: str, payload: bytes, root: str, known: Mapping[str, Registered]) -> Parcel | Unsound:
    """Check what can be checked of something sealed: its size, and who says that it sends it."""

    def unsound(problem: Problem, reason: str) -> Unsound:
        return Unsound(topic, payload, problem, reason)

    if len(payload) > LARGEST:
        return unsound("size", f"{len(payload)} bytes, more than the {LARGEST} of the largest parcel")
    unit, kiosk, kind, key = topic.removeprefix(f"{root}/").split("/")
    try:
        check_slug(key, "what the parcel is about,")
    except ContractError as error:
        return unsound("topic", str(error))
    registered = known.get(kiosk)
    if registered is None or registered.unit != unit:
        return unsound("unknown_kiosk", f"kiosk {kiosk} of unit {unit} is not registered")
    return Parcel(kind, unit, kiosk, key, payload)
