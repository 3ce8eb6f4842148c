"""The root of the errors of `kiosk`, and the errors that several rooms raise."""


class KioskError(Exception):
    """Root of the errors of `kiosk`. The message says what happened and what to do."""


class UsageError(KioskError):
    """A setting, an option or a file that the person gave is wrong. The command ends with exit code 2."""


class PhotoError(KioskError):
    """Nobody can be enrolled from this photo."""


class UnknownPersonError(KioskError):
    """Nobody with this id is enrolled here."""
