"""The errors of `central`. The class tells whether trying again can help."""


class CentralError(Exception):
    """Root of every error that `central` raises. The message says what happened and what to do."""


class KioskConflictError(CentralError):
    """A kiosk of that name is registered already, with another key or unit."""


class DatabaseError(CentralError):
    """The database failed and nothing was changed. Kiosks send again what was not stored."""


class WrongUseError(CentralError):
    """The arguments or files of a command cannot be used. Exit code 2."""
