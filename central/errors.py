"""What can go wrong at the centre; whether a retry can help is the type."""


class CentralError(Exception):
    """Root of this room. The message says what happened and what to do."""


class KioskConflictError(CentralError):
    """A kiosk of that name is registered already, with another key or unit."""


class DatabaseError(CentralError):
    """The database cannot do what was asked; nothing was changed, and what was not stored is sent again."""


class WrongUseError(CentralError):
    """The person asked for something that cannot be. Exit code 2."""
