"""The daemon on a device whose wall clock and camera plug are in the harness's hands; everything else is `kiosk run`.

python -m tests.whole_day.chaos.device BENCH CONFIG SEED
"""

import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import kiosk.clock.clock
from camera import Camera, Image, open_camera
from camera.errors import CameraMissing
from camera.reopen import Device, Reopening
from kiosk import settings as settings_file
from kiosk.app import daemon, parts
from kiosk.clock.clock import ThisMachine
from kiosk.runtime import logs


class Bench:
    """What the harness holds the device by: files in one folder, outside the device's own."""

    def __init__(self, folder: Path) -> None:
        self.films = folder / "films"
        self.walks = folder / "walks"
        self.unplugged = folder / "unplugged"
        self._clock = folder / "clock"

    def set_clock(self, days: int, step_s: float) -> None:
        """So many days have passed, and the wall clock is wrong by `step_s` seconds."""
        fresh = self._clock.with_suffix(".new")
        fresh.write_text(f"{days} {step_s}\n", "ascii")
        fresh.replace(self._clock)

    def clock(self) -> tuple[timedelta, timedelta]:
        """How far the time is ahead of this machine's, and the wall clock ahead of that."""
        days, step_s = self._clock.read_text("ascii").split()
        return timedelta(days=int(days)), timedelta(seconds=float(step_s))


class SteppedMachine(ThisMachine):
    """A machine without network time, whose hardware clock is right and whose wall clock the bench sets."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def wall(self) -> datetime:
        return datetime.now(UTC) + sum(self._bench.clock(), timedelta())

    def kernel_error_s(self) -> None:
        return None

    def rtc(self) -> datetime:
        return datetime.now(UTC) + self._bench.clock()[0]


def hold_clock(bench: Bench) -> None:
    """Let every clock of this process be the bench's."""
    kiosk.clock.clock.ThisMachine = partial(SteppedMachine, bench)  # type: ignore[misc,assignment]


class Lens:
    """A device that films one person after another for as long as it is plugged in: anybody who was not here lately."""

    def __init__(self, bench: Bench, chance: random.Random) -> None:
        self._bench = bench
        self._chance = chance
        self._film = self._next()

    def read(self) -> Image | None:
        while not self._bench.unplugged.exists():
            if (frame := self._film.read()) is not None:
                return frame.image
            self._film.close()
            self._film = self._next()
        return None

    def close(self) -> None:
        self._film.close()

    controls = None

    def _next(self) -> Camera:
        films = sorted(self._bench.films.iterdir())
        with self._bench.walks.open("a+") as walks:
            walks.seek(0)
            lately = {line.split()[1] for line in walks.readlines()[-(len(films) // 2) :]}
            film = self._chance.choice([film for film in films if film.stem not in lately])
            walks.write(f"{time.clock_gettime(time.CLOCK_MONOTONIC_RAW):.3f} {film.stem}\n")
        return open_camera(f"file:{film}?realtime=1")


def plug(bench: Bench, seed: str) -> Callable[..., Camera]:
    """What stands in the place of `open_camera`."""
    chance = random.Random(seed)

    def opened() -> Device:
        if bench.unplugged.exists():
            raise CameraMissing("it is not plugged in")
        return Lens(bench, chance)

    return lambda *_url, **_: Reopening("film", opened, clock=time.monotonic)


def main() -> None:
    bench, config, seed = Bench(Path(sys.argv[1])), Path(sys.argv[2]), sys.argv[3]
    hold_clock(bench)
    parts.open_camera = plug(bench, seed)  # type: ignore[attr-defined]  # the name by which it is built
    logs.set_up("DEBUG")
    sys.exit(daemon.run(settings_file.load(config)))


if __name__ == "__main__":
    main()
