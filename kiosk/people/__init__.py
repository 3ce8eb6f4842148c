"""Who may be recognised here: their shots and templates, kept encrypted on the device."""

from kiosk.people.details import Details
from kiosk.people.roll import Roll, Standard, roll_of, stored_roll
from kiosk.people.store import Enrolled, People, Person, Shot, Standing

__all__ = ["Details", "Enrolled", "People", "Person", "Roll", "Shot", "Standard", "Standing", "roll_of", "stored_roll"]
