"""The controls of a V4L2 camera, with a fake of the kernel's calls: there is no such camera here."""

import errno
import fcntl
import struct
from pathlib import Path

import pytest

from camera.controls import ControlError
from camera.exposure import Control
from camera.v4l2 import V4l2Controls

# As linux/v4l2-controls.h and linux/videodev2.h have them.
EXPOSURE_AUTO, EXPOSURE_ABSOLUTE, GAIN, BACKLIGHT, POWER_LINE = 0x9A0901, 0x9A0902, 0x980913, 0x98091C, 0x980918
QUERYCTRL, G_CTRL, S_CTRL = 0xC0445624, 0xC008561B, 0xC008561C


class Kernel:
    """Answers as a webcam that has these four: number -> [value, least, most, usual, flags]."""

    def __init__(self) -> None:
        self.controls = {
            EXPOSURE_AUTO: [3, 0, 3, 3, 0],
            EXPOSURE_ABSOLUTE: [157, 3, 2047, 250, 0x10],  # inactive while it is automatic
            GAIN: [0, 0, 255, 0, 0],
            POWER_LINE: [2, 0, 2, 2, 0],
            BACKLIGHT: [0, 0, 2, 0, 1],  # disabled
        }
        self.gone = False

    def ioctl(self, _file: int, request: int, argument: bytes) -> bytes:
        if self.gone:
            raise OSError(errno.ENODEV, "No such device")
        number = struct.unpack_from("=I", argument)[0]
        if number not in self.controls:
            raise OSError(errno.EINVAL, "Invalid argument")
        value, low, high, usual, flags = self.controls[number]
        if request == QUERYCTRL:
            return struct.pack("=II32siiiiI8x", number, 1, b"a name", low, high, 1, usual, flags)
        if request == S_CTRL:
            self.controls[number][0] = value = struct.unpack("=Ii", argument)[1]
        return struct.pack("=Ii", number, value)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    made = Kernel()
    monkeypatch.setattr(fcntl, "ioctl", made.ioctl)
    return made


def test_the_controls_that_the_camera_has_in_their_units(kernel: Kernel, tmp_path: Path) -> None:
    device = tmp_path / "video0"
    device.touch()
    with V4l2Controls(device) as controls:
        found = {control: (state.value, state.low, state.high) for control, state in controls.states().items()}
        assert found == {
            Control.AUTO_EXPOSURE: (1, 0, 1),
            Control.EXPOSURE_US: (15_700, 300, 204_700),
            Control.GAIN: (0, 0, 255),
            Control.POWER_LINE: (2, 0, 2),
        }
        controls.set(Control.AUTO_EXPOSURE, 0)
        controls.set(Control.EXPOSURE_US, 20_049)
        assert (kernel.controls[EXPOSURE_AUTO][0], kernel.controls[EXPOSURE_ABSOLUTE][0]) == (1, 200)
        assert controls.states()[Control.AUTO_EXPOSURE].value == 0
        controls.set(Control.AUTO_EXPOSURE, 1)
        assert kernel.controls[EXPOSURE_AUTO][0] == 3


def test_an_automatic_mode_of_another_kind_is_put_back(kernel: Kernel, tmp_path: Path) -> None:
    device = tmp_path / "video0"
    device.touch()
    kernel.controls[EXPOSURE_AUTO][0] = 0
    with V4l2Controls(device) as controls:
        controls.states()
        controls.set(Control.AUTO_EXPOSURE, 0)
        controls.states()
        controls.set(Control.AUTO_EXPOSURE, 1)
    assert kernel.controls[EXPOSURE_AUTO][0] == 0


def test_a_camera_that_is_pulled_out(kernel: Kernel, tmp_path: Path) -> None:
    device = tmp_path / "video0"
    device.touch()
    with V4l2Controls(device) as controls:
        kernel.gone = True
        with pytest.raises(ControlError, match="refuses gain = 3: No such device"):
            controls.set(Control.GAIN, 3)
        with pytest.raises(ControlError, match="does not tell its"):
            controls.states()


def test_what_is_no_camera_has_no_controls() -> None:
    with V4l2Controls(Path("/dev/null")) as controls:
        assert controls.states() == {}
    with pytest.raises(ControlError, match="cannot be opened"):
        V4l2Controls(Path("/dev/nothing-here"))
