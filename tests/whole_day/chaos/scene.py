"""The office that the faults strike: daemon, receiver, broker, receiver of positions, and networks between them."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from central.store.database import CentralDatabase
from central.store.kiosks import add_kiosk
from kiosk import settings as settings_file
from kiosk.app import parts
from kiosk.lab.demo.office import Office
from kiosk.settings import Settings
from sync.signing import PublicKey, SigningKey
from tests.whole_day.chaos import people
from tests.whole_day.chaos.device import Bench
from tests.whole_day.chaos.disk import mountable, small_disk
from tests.whole_day.chaos.proxy import Proxy
from tests.whole_day.chaos.service import Service
from tests.whole_day.harness import change

_QUICK = """\
receipts = true
keepalive_s = 5
heartbeat_s = 5
retry_most_s = 2
resend_after_s = 5
spread_s = 1"""
"""What takes minutes in an office takes seconds here."""

_SMALL = """\
[storage]
low_mb = 8
stop_mb = 2

"""
"""And its disk is small."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that runs, and where it lies. `disk` is None where none can be mounted."""

    seed: int
    office: Office
    config: Path
    bench: Bench
    disk: Path | None
    kiosk_link: Proxy
    centre_link: Proxy
    daemon: Service
    receiver: Service
    appender: Service
    centre: str
    enrolled: list[str]

    @property
    def settings(self) -> Settings:
        return settings_file.load(self.config)

    def tend(self) -> None:
        """Start again what has ended by itself."""
        for service in (self.daemon, self.receiver, self.appender):
            service.tend()

    def begin(self) -> None:
        """Start what is left."""
        for service in (self.receiver, self.daemon, self.appender):
            service.start()

    def waiting(self) -> int:
        """Entries that the kiosk has no receipt for."""
        with parts.ledger(self.settings) as ledger:
            return ledger.counts().waiting


@contextmanager
def scene(folder: Path, seed: int, most_people: int) -> Iterator[Scene]:
    """Set it up in an empty folder; nobody walks up before `begin`."""
    with ExitStack() as stack:
        office = stack.enter_context(Office(folder, ["file:unused"], level="off"))
        kiosk_link, centre_link = (stack.enter_context(Proxy(office.broker.port)) for _ in range(2))
        disk = stack.enter_context(small_disk(folder)) if mountable() else None
        key = folder / "receiver.key"
        SigningKey.make().save(key)
        config = _configure(office, folder, disk or folder, kiosk_link.port, SigningKey.load(key).public)
        bench = Bench(folder)
        bench.set_clock(0, 0)
        enrolled = people.enrol(settings_file.load(config), people.cast(most_people), bench.films)
        centre = _centre(folder, settings_file.load(config))
        yield Scene(
            seed,
            office,
            config,
            bench,
            disk,
            kiosk_link,
            centre_link,
            daemon=stack.enter_context(_device("device", folder, config, seed, "daemon.log")),
            receiver=stack.enter_context(_receiver(folder, centre, centre_link.port, key)),
            appender=stack.enter_context(_device("appender", folder, config, seed, "appender.log")),
            centre=centre,
            enrolled=enrolled,
        )


def _configure(office: Office, folder: Path, data: Path, port: int, receiver: PublicKey) -> Path:
    config = office.settings
    change(config, f'data_dir = "{folder}"', f'data_dir = "{data}"')
    change(config, f"port = {office.broker.port}", f"port = {port}")
    change(config, "receipts = false", _QUICK)
    change(config, "[attendance]", f'{_SMALL}[agency]\nreceiver_key = "{receiver.text}"\n\n[attendance]')
    return config


def _centre(folder: Path, settings: Settings) -> str:
    url = f"sqlite:///{folder / 'central.db'}"
    database = CentralDatabase(url)
    database.create()
    with parts.ledger(settings) as ledger:
        add_kiosk(database, settings.kiosk.unit, settings.kiosk.id, ledger.key.public)
    database.close()
    return url


def _device(module: str, folder: Path, config: Path, seed: int, log: str) -> Service:
    command = [sys.executable, "-m", f"tests.whole_day.chaos.{module}", str(folder), str(config)]
    return Service(lambda start: [*command, f"{seed}-{start}"], folder / log)


def _receiver(folder: Path, url: str, port: int, key: Path) -> Service:
    command = [sys.executable, "-m", "central", "receive", "--database", url, "--key", str(key)]
    return Service(lambda _: [*command, "--broker", f"mqtt://127.0.0.1:{port}"], folder / "receiver.log")
