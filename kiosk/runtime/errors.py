"""What goes wrong in the hub."""


class KioskError(Exception):
    """Root of this room. The message says what happened and what to do."""


class UsageError(KioskError):
    """The person asked for something that cannot be: a wrong setting, option or file. Exit code 2."""


class PhotoError(KioskError):
    """A photo that cannot be enrolled from."""


class UnknownPersonError(KioskError):
    """No person of that id is enrolled here."""
