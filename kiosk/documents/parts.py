"""What the agency's documents are taken in and made to hold with."""

from dataclasses import dataclass

from kiosk.documents.acceptance import Acceptance
from kiosk.documents.commands import Commands, Notice
from kiosk.documents.policies import Policies
from kiosk.documents.refusals import Refusals
from kiosk.documents.roster import Roster
from kiosk.documents.store import Documents
from kiosk.people import People


@dataclass(frozen=True, slots=True)
class Parts:
    """One of each."""

    store: Documents
    people: People
    acceptance: Acceptance
    roster: Roster
    policies: Policies
    refusals: Refusals
    commands: Commands
    notice: Notice
