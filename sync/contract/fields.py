"""The field types the contract is made of."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, TypeAdapter
from pydantic import ValidationError as PydanticError

from sync.errors import ContractError

MAX_SAFE_INTEGER: Final = 2**53 - 1
"""The largest integer every JSON reader keeps exactly (RFC 8259 section 6, RFC 7493)."""


class WireModel(BaseModel):
    """A value that travels: immutable, strict, and without room for fields nobody agreed on."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def _wire_instant(value: datetime) -> datetime:
    """Cut to the milliseconds that travel, so that what is kept equals what is read back."""
    offset = value.utcoffset()
    if offset is None or offset % timedelta(minutes=1):
        raise ValueError("the offset from UTC must be whole minutes")
    if value < datetime(1970, 1, 1, tzinfo=UTC):
        raise ValueError("an instant before 1970 cannot be recorded")
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


def rfc3339(value: datetime) -> str:
    """The one way an instant is written on the wire."""
    return value.isoformat(timespec="milliseconds")


Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
"""The name of a unit, a kiosk, a person or a boot: safe in a topic, a file name and a URL."""

Instant = Annotated[AwareDatetime, AfterValidator(_wire_instant), PlainSerializer(rfc3339)]
"""RFC 3339 with offset and milliseconds, 1970 or later."""

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in lower-case hexadecimal."""

Signature = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{86}$")]
"""An Ed25519 signature (RFC 8032) in base64url without padding."""

EntryId = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")]
"""A UUID of version 7 (RFC 9562) in its usual lower-case form."""

ReceiptCode = Annotated[str, Field(pattern=r"^[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{3}$")]
"""Six characters of Crockford's base 32, which has no I, L, O or U: `7KQ-4MX`."""

Seq = Annotated[int, Field(ge=1, le=MAX_SAFE_INTEGER)]
Count = Annotated[int, Field(ge=0, le=MAX_SAFE_INTEGER)]
Metres = Annotated[float, Field(ge=0, le=1e9)]
Seconds = Annotated[float, Field(ge=0, le=1e12)]
Signed = Annotated[float, Field(ge=-1e12, le=1e12)]
CheckName = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]
"""A check of liveness, or what one found."""

Label = Annotated[str, Field(min_length=1, max_length=200)]
"""A short name or reason, for people and for programs."""


class CameraFacts(WireModel):
    """Where a kiosk's pictures come from: the `scheme` of its camera's URL, such as `v4l2`, and the `model` as the
    driver names it, null where none does. `person`, `attack`, `queue`, `lobby` and `file` are no cameras."""

    scheme: CheckName
    model: Label | None


def check_instant(value: datetime) -> datetime:
    """Return `value` as it travels, cut to milliseconds.

    Raises:
        ContractError: it has no offset from UTC in whole minutes, or lies before 1970.
    """
    try:
        return _instant.validate_python(value)
    except PydanticError as error:
        raise ContractError(f"{value!r} cannot be an entry's time: {error.errors()[0]['msg']}") from error


_instant: Final = TypeAdapter[datetime](Instant)
_slug: Final = TypeAdapter[str](Slug)


def check_slug(value: str, what: str) -> str:
    """Return `value` when it is a `Slug`; `what` names it in the error.

    Raises:
        ContractError: it is not one.
    """
    try:
        return _slug.validate_python(value)
    except PydanticError:
        raise ContractError(
            f"{what} {value!r} is not usable: 1 to 64 of a-z, 0-9 and '-', beginning with a letter or digit"
        ) from None
