"""What most parts of the daemon are joined to."""

from dataclasses import dataclass

from kiosk.counter.dialogue import Dialogue
from kiosk.notes import Notes
from kiosk.people import Standard
from kiosk.people.keeper import RollKeeper
from kiosk.registrar import Registrar
from kiosk.screen import Screen
from kiosk.settings import Settings
from kiosk.sight.errands import Errands
from kiosk.storage.stores import Stores
from kiosk.web.preview import Preview
from kiosk.witness.clock import SystemClock


@dataclass(frozen=True, slots=True)
class Reception:
    """Who receives the people that come: what writes of them, what tells them, and whom they may be."""

    registrar: Registrar
    dialogue: Dialogue
    standard: Standard
    keeper: RollKeeper


@dataclass(frozen=True, slots=True)
class Shared:
    """The meeting points that most parts are joined to."""

    settings: Settings
    stores: Stores
    clock: SystemClock
    screen: Screen
    notes: Notes
    errands: Errands
    preview: Preview
