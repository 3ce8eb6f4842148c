"""Who may be recognised here: their shots and templates, kept encrypted on the device."""

from kiosk.people.gallery import EnrolledGallery, MatchPolicy, enrolled_gallery, stored_gallery
from kiosk.people.store import Details, EnrolledPerson, EnrolmentStatus, People, Person, Shot

__all__ = [
    "Details",
    "EnrolledGallery",
    "EnrolledPerson",
    "EnrolmentStatus",
    "MatchPolicy",
    "People",
    "Person",
    "Shot",
    "enrolled_gallery",
    "stored_gallery",
]
