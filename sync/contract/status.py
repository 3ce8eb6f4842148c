"""What a kiosk says of itself, retained on its status topic."""

from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError

from sync.contract.fields import CameraFacts, Count, Instant, Label, Slug, WireModel
from sync.errors import ContractError


class _StatusBase(WireModel):
    v: Literal[1] = 1
    kiosk: Slug
    unit: Slug
    boot_id: Slug


class _Alive(_StatusBase):
    version: Label
    at: Instant
    last_seq: Count
    unsent: Count
    waiting: Count
    free_bytes: Count  # where the ledger lies
    camera: CameraFacts | None = None  # null from an older program


class Birth(_Alive):
    """The kiosk has just connected."""

    state: Literal["birth"] = "birth"


class Heartbeat(_Alive):
    """The kiosk is still connected."""

    state: Literal["heartbeat"] = "heartbeat"


class Offline(_StatusBase):
    """The kiosk is not connected: it `stopped` in order, or the broker `lost` it (the Last Will).

    A will may come late: one whose `boot_id` is not that of the latest birth says nothing about the present.
    """

    state: Literal["offline"] = "offline"
    reason: Literal["stopped", "lost"]


Status = Birth | Heartbeat | Offline

STATUS: Final = TypeAdapter[Status](Annotated[Status, Field(discriminator="state")])


def parse_status(payload: bytes) -> Status:
    """Read a status message.

    Raises:
        ContractError: it is not a status of version 1.
    """
    try:
        return STATUS.validate_json(payload)
    except ValidationError as error:
        raise ContractError(f"not a status of contract version 1: {error.errors()[0]['msg']}") from error
