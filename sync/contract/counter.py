"""The bodies of events about PINs and officers. None holds a NIP or a PIN."""

from typing import Literal

from sync.contract.fields import Slug, WireModel


class PinRefusedDetail(WireModel):
    """Whose NIP was given, null when it is nobody's here, what for, and why that was refused.

    `locked` (too many wrong PINs of this person) and `paused` (too many at the kiosk) are told once, at the first try
    that was not looked at. `no_officer`: the PIN was right, and the person is none.
    """

    person: Slug | None
    purpose: Literal["record", "officer"]
    reason: Literal["unknown_nip", "no_pin", "wrong_pin", "no_officer", "locked", "paused"]


class PinRefused(WireModel):
    """Somebody gave a NIP and a PIN, and was not let in."""

    type: Literal["pin_refused"] = "pin_refused"
    detail: PinRefusedDetail


class PinSetDetail(WireModel):
    """Whose PIN."""

    person: Slug


class PinSet(WireModel):
    """A person was given a PIN at the kiosk, in place of the one before; wrong ones count from now on."""

    type: Literal["pin_set"] = "pin_set"
    detail: PinSetDetail


class OfficerChangedDetail(WireModel):
    """Who, and whether they are one now."""

    person: Slug
    officer: bool


class OfficerChanged(WireModel):
    """A person was made an officer at the kiosk, or is none any more."""

    type: Literal["officer_changed"] = "officer_changed"
    detail: OfficerChangedDetail


class OfficerSignedInDetail(WireModel):
    """Who."""

    person: Slug


class OfficerSignedIn(WireModel):
    """An officer began to work at the kiosk's screen."""

    type: Literal["officer_signed_in"] = "officer_signed_in"
    detail: OfficerSignedInDetail


class OfficerSignedOutDetail(WireModel):
    """Who, and why: they `asked`, were `idle` for too long, or were `replaced` by the next one."""

    person: Slug
    reason: Literal["asked", "idle", "replaced"]


class OfficerSignedOut(WireModel):
    """An officer's work at the screen ended. Where this is missing, `started` is the end of it."""

    type: Literal["officer_signed_out"] = "officer_signed_out"
    detail: OfficerSignedOutDetail
