"""Who may be recognised here: their shots and templates, kept encrypted on the device."""

from kiosk.people.gallery import Roll, Standard, roll_of, stored_roll
from kiosk.people.store import Details, Enrolled, People, Person, Shot, Standing

__all__ = ["Details", "Enrolled", "People", "Person", "Roll", "Shot", "Standard", "Standing", "roll_of", "stored_roll"]
