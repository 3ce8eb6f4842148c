"""One office on this machine: a broker, a receiver at its desk, the settings of its kiosk."""

import time
from pathlib import Path
from types import TracebackType
from typing import Self

from kiosk.lab.demo.broker import Broker, free_port
from kiosk.lab.demo.gpsd import GpsServer
from kiosk.position.gpsd import GpsdClient
from kiosk.position.place import Fix
from kiosk.recognition.liveness import Level
from kiosk.runtime.errors import KioskError

LAT, LON = 0.504889, 117.546295
"""The office in Sangatta Utara."""

_FIX_S = 120.0

_SETTINGS = """\
[kiosk]
id = "demo-1"
unit = "kec-sangatta-utara"
data_dir = "{folder}"
data_may_vanish = true  # a folder for temporary files may lie in memory

[site]
lat = {lat}
lon = {lon}
radius_m = 50

[camera]
url = "queue:{folder}/queue.txt"
name = "synthetic person"
demo = true

[gpsd]
port = {gpsd_port}

[broker]
host = "{host}"
port = {broker_port}
retry_least_s = 0.2
receipts = false  # nobody stores here: the subscriber only shows what arrives

[liveness]
level = "{level}"

[screen]
port = {screen_port}

[attendance]
stage = "trial"

[[attendance.windows]]
session = "in"
opens = 00:00:00
closes = 00:00:00
"""


class Office:
    """mosquitto, gpsd and a settings file in `folder`; `urls` are the camera URLs that play one after another.

    `level` is how much of liveness its kiosk asks for; the drawn people of `urls` hear what the screen says.
    """

    def __init__(self, folder: Path, urls: list[str], level: Level = "strict") -> None:
        self.settings = folder / "kiosk.toml"
        self.broker = Broker(folder)
        self.gps = GpsServer(LAT, LON)
        self._folder = folder
        self._urls = urls
        self._level = level

    def __enter__(self) -> Self:
        """Start the servers and write the files. ProgramMissingError when a server is not installed."""
        self.gps.start()
        try:
            self.broker.start()
        except BaseException:
            self.gps.stop()
            raise
        ports = {"gpsd_port": self.gps.port, "broker_port": self.broker.port, "screen_port": free_port()}
        values = {"folder": self._folder, "lat": LAT, "lon": LON, "host": self.broker.host, "level": self._level}
        self.settings.write_text(_SETTINGS.format(**values, **ports), "utf-8")
        (self._folder / "queue.txt").write_text("\n".join(self._urls) + "\n", "utf-8")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.broker.stop()
        finally:
            self.gps.stop()

    def wait_for_fix(self) -> Fix:
        """The receiver's first position. KioskError when there is none in two minutes."""
        self.gps.wait_until_up()
        client = GpsdClient(self.gps.host, self.gps.port, lambda _: None)
        deadline_s = time.monotonic() + _FIX_S
        try:
            while time.monotonic() < deadline_s:
                if (fix := client.poll()) is not None:
                    return fix
                time.sleep(0.1)
        finally:
            client.close()
        raise KioskError(f"gpsd at port {self.gps.port} gave no position in {_FIX_S:.0f} s")
