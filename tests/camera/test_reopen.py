"""A live camera that fails and is opened again."""

import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from camera import CameraMissing, CameraTimeout
from camera.frame import Image
from camera.reopen import FIRST_PAUSE_S, LONGEST_PAUSE_S, Reopening
from tests.waiting import LIMIT_S

PICTURE = np.zeros((4, 4, 3), np.uint8)


class FakeDevice:
    """A device that gives the pictures of a script, None where that has none, and None after its end."""

    def __init__(self, script: Iterator[Image | None]) -> None:
        self._script = script
        self.closed = 0

    def read(self) -> Image | None:
        return next(self._script, None)

    def close(self) -> None:
        self.closed += 1

    controls = None


class World:
    """A clock that advances while somebody waits, and a camera that is plugged in between given times."""

    def __init__(self, scripts: list[list[Image | None]], plugged_at_s: float = 0.0) -> None:
        self.now_s = 0.0
        self.scripts = iter(scripts)
        self.plugged_at_s = plugged_at_s
        self.devices: list[FakeDevice] = []
        self.tries_s: list[float] = []

    def clock(self) -> float:
        return self.now_s

    def wait(self, seconds: float) -> bool:
        assert seconds >= 0
        self.now_s += seconds
        return False

    def opened(self) -> FakeDevice:
        self.tries_s.append(self.now_s)
        if self.now_s < self.plugged_at_s:
            raise CameraMissing("unplugged")
        self.devices.append(FakeDevice(iter(next(self.scripts, []))))
        return self.devices[-1]

    def camera(self) -> Reopening:
        return Reopening("the camera", self.opened, clock=self.clock, wait=self.wait)


def at(camera: Reopening) -> tuple[int, float]:
    frame = camera.read()
    assert frame is not None
    return frame.index, frame.at_s


def test_nothing_is_opened_before_the_first_read() -> None:
    world = World([[PICTURE]])
    camera = world.camera()
    assert not world.devices
    assert at(camera) == (0, 0.0)


def test_a_hiccup_is_healed_within_one_read() -> None:
    world = World([[PICTURE, None], [PICTURE]])
    camera = world.camera()
    assert at(camera)[0] == 0
    index, at_s = at(camera)
    assert index == 1
    assert FIRST_PAUSE_S / 2 <= at_s <= FIRST_PAUSE_S
    assert [device.closed for device in world.devices] == [1, 0]


def test_a_camera_away_is_lost_at_each_deadline_and_comes_back() -> None:
    world = World([[PICTURE]], plugged_at_s=12.0)
    camera = world.camera()
    for deadline_s in (5.0, 10.0):
        with pytest.raises(CameraTimeout, match=r"the camera: no picture for 5 s \(unplugged\)"):
            camera.read()
        assert world.now_s == pytest.approx(deadline_s)
    index, at_s = at(camera)
    assert index == 0
    assert 12.0 <= at_s <= 12.0 + LONGEST_PAUSE_S


def test_pauses_grow_to_a_cap_and_are_jittered() -> None:
    world = World([[]], plugged_at_s=1e9)
    camera = world.camera()
    for _ in range(20):
        with pytest.raises(CameraTimeout):
            camera.read()
    pauses = np.diff(world.tries_s)
    assert len(pauses) > 20
    assert (pauses <= LONGEST_PAUSE_S + 1e-9).all()
    assert pauses[0] <= FIRST_PAUSE_S
    assert (pauses[8:] >= LONGEST_PAUSE_S / 2 - 1e-9).all()
    assert len(set(pauses[8:].round(6))) > 5


def test_a_device_that_opens_but_gives_nothing_is_not_hammered() -> None:
    world = World([])
    camera = world.camera()
    with pytest.raises(CameraTimeout, match="it is open but gives none"):
        camera.read()
    assert len(world.tries_s) < 10
    assert all(device.closed == 1 for device in world.devices)


def test_close_lets_go_of_the_device_once() -> None:
    world = World([[PICTURE, PICTURE]])
    with world.camera() as camera:
        assert at(camera)[0] == 0
    camera.close()
    assert world.devices[0].closed == 1
    assert camera.read() is None


def test_close_ends_a_read_that_waits_in_another_thread() -> None:
    tried = threading.Event()

    def missing() -> FakeDevice:
        tried.set()
        raise CameraMissing("unplugged")

    never: Callable[[], float] = lambda: 0.0  # noqa: E731
    camera = Reopening("the camera", missing, clock=never)
    seen: list[object] = ["nothing"]
    reader = threading.Thread(target=lambda: seen.append(camera.read()))
    reader.start()
    assert tried.wait(10)
    camera.close()
    reader.join(LIMIT_S)
    assert not reader.is_alive()
    assert seen == ["nothing", None]
