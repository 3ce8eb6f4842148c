"""Errors of cameras. Those under `CameraUnavailable` may go away when tried again."""


class CameraError(Exception):
    """Root of the errors of this package. The message says what happened and what to do."""


class CameraUrlError(CameraError):
    """The camera URL is wrong: scheme, option or value."""


class SourceUnreadable(CameraError):  # noqa: N818 - says what is so
    """A file, folder or photo is missing, empty or in a format that cannot be read."""


class DriverMissing(CameraError):  # noqa: N818 - says what is so
    """The software of a driver is not installed on this machine."""


class CameraUnavailable(CameraError):  # noqa: N818 - says what is so
    """The camera gives no frames now and may come back. Trying again may help."""


class CameraMissing(CameraUnavailable):
    """The camera cannot be opened now: unplugged, busy, unreachable or refusing."""


class CameraTimeout(CameraUnavailable):
    """No frame came within the deadline. The next `read` goes on trying."""
