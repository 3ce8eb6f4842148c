"""The controls of a V4L2 camera, by the kernel's own calls: OpenCV sets some of them but tells no limits.

Numbers and layouts are those of linux/videodev2.h and linux/v4l2-controls.h. The kernel lets several files of one
device be open at once; the controls are the device's, whichever file sets them.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from camera.controls import ControlError
from camera.exposure import Control, ControlState, States

_USER, _CAMERA = 0x00980900, 0x009A0900  # V4L2_CID_BASE, V4L2_CID_CAMERA_CLASS_BASE
_IDS: Final = {
    Control.AUTO_EXPOSURE: _CAMERA + 1,  # V4L2_CID_EXPOSURE_AUTO
    Control.EXPOSURE_US: _CAMERA + 2,  # V4L2_CID_EXPOSURE_ABSOLUTE, in units of 100 us
    Control.GAIN: _USER + 19,
    Control.BACKLIGHT: _USER + 28,
    Control.AUTO_WHITE_BALANCE: _USER + 12,
    Control.POWER_LINE: _USER + 24,  # V4L2_CID_POWER_LINE_FREQUENCY_50HZ is 1
}
_TIME_UNIT_US: Final = 100
_MANUAL, _APERTURE_PRIORITY = 1, 3  # V4L2_EXPOSURE_MANUAL, V4L2_EXPOSURE_APERTURE_PRIORITY: the time is automatic

_QUERY = struct.Struct("=II32siiiiI8x")  # struct v4l2_queryctrl: id, type, name, minimum, maximum, step, default, flags
_VALUE = struct.Struct("=Ii")  # struct v4l2_control: id, value
_QUERYCTRL, _G_CTRL, _S_CTRL = 0xC0445624, 0xC008561B, 0xC008561C  # VIDIOC_..., as the macros make them
_UNUSABLE: Final = 0x1 | 0x4 | 0x40  # V4L2_CTRL_FLAG_DISABLED, _READ_ONLY, _WRITE_ONLY


class V4l2Controls:
    """The controls of a device file. Raises ControlError when it cannot be opened or refuses; close it after use."""

    def __init__(self, device: Path) -> None:
        self._device = device
        self._automatic: int | None = None
        try:
            self._file = os.open(device, os.O_RDWR | os.O_NONBLOCK)
        except OSError as error:
            raise ControlError(f"the controls of {device} cannot be opened: {error.strerror}") from error

    def states(self) -> States:
        """The controls that the device has. Others are left out."""
        return {control: state for control in _IDS if (state := self._state(control)) is not None}

    def set(self, control: Control, value: float) -> None:
        """Set a control to the nearest whole number of its unit."""
        raw = round(value / _TIME_UNIT_US) if control is Control.EXPOSURE_US else round(value)
        if control is Control.AUTO_EXPOSURE:
            raw = (self._automatic or 0) if value else _MANUAL
        try:
            self._call(_S_CTRL, _VALUE.pack(_IDS[control], raw))
        except OSError as error:
            raise ControlError(f"{self._device} refuses {control} = {value:g}: {error.strerror}") from error

    def close(self) -> None:
        """Close the file. The controls stay as they are."""
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _state(self, control: Control) -> ControlState | None:
        number = _IDS[control]
        try:
            asked = self._call(_QUERYCTRL, _QUERY.pack(number, 0, b"", 0, 0, 0, 0, 0))
            _, _, _, low, high, _, usual, flags = _QUERY.unpack(asked)
            if flags & _UNUSABLE:
                return None
            _, value = _VALUE.unpack(self._call(_G_CTRL, _VALUE.pack(number, 0)))
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOTTY):  # the device has no such control, or none at all
                return None
            raise ControlError(f"{self._device} does not tell its {control}: {error.strerror}") from error
        if control is Control.AUTO_EXPOSURE:
            modes = (value, self._automatic, usual, _APERTURE_PRIORITY)
            self._automatic = next(mode for mode in modes if mode not in {None, _MANUAL})
            return ControlState(float(value != _MANUAL), 0.0, 1.0)
        unit = _TIME_UNIT_US if control is Control.EXPOSURE_US else 1
        return ControlState(float(value * unit), float(low * unit), float(high * unit))

    def _call(self, request: int, argument: bytes) -> bytes:
        return fcntl.ioctl(self._file, request, argument)
