"""Who may be recognised here: their shots and templates, kept on the device."""

from kiosk.people.store import People, Person, Roll, Shot

__all__ = ["People", "Person", "Roll", "Shot"]
