"""A demo office on this machine: a broker, a GNSS receiver, and the settings of its kiosk."""

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
"""Position of the office in Sangatta Utara, decimal degrees (WGS 84)."""

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
    """mosquitto, gpsd, and a settings file in `folder` for a kiosk that uses them.

    The camera plays `urls` one after another; the drawn people in them can be asked for actions. `level` is the kiosk's
    level of liveness.
    """

    def __init__(self, folder: Path, urls: list[str], level: Level = "strict") -> None:
        self.settings = folder / "kiosk.toml"
        self.broker = Broker(folder)
        self.gps = GpsServer(LAT, LON)
        self._folder = folder
        self._urls = urls
        self._level = level

    def __enter__(self) -> Self:
        """Start the servers and write the files. Raises ProgramMissingError when a server is not installed."""
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
        """The receiver's first fix. Raises KioskError when there is none in two minutes."""
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
