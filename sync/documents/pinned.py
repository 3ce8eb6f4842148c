"""The keys by which a kiosk knows who speaks to it."""

from dataclasses import dataclass

from sync.documents.sealing import SealTo
from sync.signing import PublicKey


@dataclass(frozen=True, slots=True)
class Pinned:
    """Keys set down when the kiosk was provisioned; null where none was.

    `agency` signs roster and policy and may lie in a safe; without it neither is accepted. `receiver` signs receipts
    and commands on the server that is online; without it those are taken as they come, and the broker's access list is
    all that protects them. `seal_to` is the agency's key that evidence and enrolments are sealed to; without it none
    leave the kiosk.
    """

    agency: PublicKey | None = None
    receiver: PublicKey | None = None
    seal_to: SealTo | None = None


NOTHING_PINNED = Pinned()
