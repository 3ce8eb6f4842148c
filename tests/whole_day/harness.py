"""A real kiosk in a real office: the daemon as a child of the test, with systemd's ear, the ledger and the broker."""

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from kiosk import settings as settings_file
from kiosk.app import parts
from kiosk.lab.demo.office import Office
from kiosk.recognition.liveness import Level
from kiosk.settings import Settings
from sync.contract import Entry, RecordEntry
from sync.ledger import Ledger, Stored
from sync.mqtt.listener import Received
from sync.signing import PublicKey, SigningKey
from tests import commands
from tests.pages import Client
from tests.waiting import LIMIT_S

Event = tuple[str, Any]
T = TypeVar("T")
Arrivals = queue.SimpleQueue[Received]


class Ear:
    """The far end of NOTIFY_SOCKET. It listens all the time, as systemd does: who tells it something waits for it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._thread = threading.Thread(target=self._listen, name="systemd's ear")

    def open(self) -> None:
        self._socket.bind(str(self.path))
        self._thread.start()

    def close(self) -> None:
        self._socket.sendto(b"", str(self.path))
        self._thread.join(LIMIT_S)
        self._socket.close()

    def _listen(self) -> None:
        while told := self._socket.recv(4096):
            self.lines += told.decode().split("\n")


class Kiosk:
    """`kiosk run` with a settings file, started and ended as often as a test likes; one log of all its starts."""

    def __init__(self, config: Path) -> None:
        self.config = config
        self.log_file = config.with_name("daemon.log")
        self._ear = Ear(config.with_name("notify"))
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> Settings:
        return settings_file.load(self.config)

    @property
    def log(self) -> str:
        return self.log_file.read_text("utf-8", "replace")

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    def start(self) -> None:
        """Begin; does not wait."""
        command = [sys.executable, "-m", "kiosk", "run", "--config", str(self.config)]
        with self.log_file.open("ab") as log:
            environment = os.environ | {"NOTIFY_SOCKET": str(self._ear.path)}
            self._child = subprocess.Popen(command, stderr=log, stdout=log, env=environment)

    def start_ready(self) -> None:
        """Begin, and return once systemd has heard READY."""
        before = self._ear.lines.count("READY=1")
        self.start()
        self.wait(lambda: self._ear.lines.count("READY=1") > before, "READY")

    def kill(self) -> None:
        """SIGKILL, as a power cut."""
        assert self._child is not None
        self._child.kill()
        self._child.wait(LIMIT_S)

    def stop(self) -> tuple[int, float]:
        """SIGTERM: the exit status, and the seconds it took."""
        assert self._child is not None
        began_s = time.monotonic()
        self._child.send_signal(signal.SIGTERM)
        return self._child.wait(LIMIT_S), time.monotonic() - began_s

    def ended(self, limit_s: float = LIMIT_S) -> int:
        """The exit status of a daemon that ends by itself."""
        assert self._child is not None
        return self._child.wait(limit_s)

    def heard(self) -> list[str]:
        """The STATUS lines so far, of all starts: what systemd, and with it the screen, was told."""
        return [line.removeprefix("STATUS=") for line in self._ear.lines if line.startswith("STATUS=")]

    def said(self, status: str) -> bool:
        """Whether a STATUS line so far holds these words."""
        return any(status in line for line in self.heard())

    def wait(self, condition: Callable[[], T | None], what: str, limit_s: float = LIMIT_S) -> T:
        """The first true answer of `condition`; fails with the daemon's log when it ends or time is up."""
        end_s = time.monotonic() + limit_s
        while time.monotonic() < end_s:
            if answer := condition():
                return answer
            if self._child is not None and self._child.poll() is not None:
                raise AssertionError(f"the daemon ended with {self._child.returncode}, no {what}:\n{self.log}")
            time.sleep(0.02)
        raise AssertionError(f"no {what} in {limit_s} s; the daemon's log:\n{self.log}")

    @property
    def key(self) -> PublicKey:
        """What its entries are signed with."""
        return SigningKey.load(self.settings.kiosk.data_dir / "device.key").public

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The ledger on the disk, beside the daemon."""
        with parts.ledger(self.settings) as ledger:
            yield ledger

    def stored(self) -> list[Stored]:
        """Every entry on the disk."""
        with self.ledger() as ledger:
            return list(ledger.stored())

    def entries(self) -> list[Entry]:
        """Every entry on the disk, read."""
        with self.ledger() as ledger:
            return list(ledger.entries())

    def records(self) -> list[RecordEntry]:
        """The attendance records on the disk."""
        return [entry for entry in self.entries() if isinstance(entry, RecordEntry)]

    def next(self, arrivals: Arrivals, *wanted: str, limit_s: float = LIMIT_S) -> Received:
        """The next arrival of the wanted kinds (see `kind_of`), or of any; others are passed over."""

        def one() -> Received | None:
            while not arrivals.empty():
                arrival = arrivals.get()
                if not wanted or kind_of(arrival.entry) in wanted:
                    return arrival
            return None

        return self.wait(one, f"arrival of {' or '.join(wanted) or 'anything'}", limit_s)

    def __enter__(self) -> Self:
        self._ear.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._child is not None and self._child.poll() is None:
            self.kill()
        self._ear.close()


def doctor(config: Path) -> tuple[int, dict[str, str]]:
    """What `kiosk doctor` says: its exit code, and the state of each check."""
    done = commands.run("kiosk", "doctor", "--json", "--config", str(config), cwd=config.parent)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines, done.stderr
    return done.returncode, {line["what"]: line["state"] for line in lines}


def kind_of(entry: Entry) -> str:
    """`record`, or the event's type."""
    return "record" if entry.kind == "record" else entry.body.type


def change(config: Path, old: str, new: str) -> None:
    """Write another value into a settings file."""
    text = config.read_text("utf-8")
    assert old in text
    config.write_text(text.replace(old, new), "utf-8")


def film(config: Path, url: str) -> None:
    """Put another camera in the place of the queue."""
    folder = config.parent
    change(config, f"queue:{folder}/queue.txt", url)


@contextmanager
def office(folder: Path, *urls: str, level: Level = "off") -> Iterator[tuple[Office, Kiosk]]:
    """An office whose kiosk has not started yet; `urls` walk up one after another, fastest where liveness is off."""
    with Office(folder, list(urls), level) as place, Kiosk(place.settings) as kiosk:
        yield place, kiosk


def walk(photo: Path, options: str = "") -> str:
    """The camera URL of one short walk-up."""
    return f"person:{photo}?seconds=3.6&fps=12&realtime=1{options}"


def token_of(kiosk: Kiosk) -> str:
    """What the browser of the kiosk is handed: there before the first start, and the same after each."""
    done = commands.run("kiosk", "screen", "url", "--config", str(kiosk.config), cwd=kiosk.config.parent)
    done.check_returncode()
    address, _, token = done.stdout.strip().partition("/#")
    assert address == f"http://127.0.0.1:{kiosk.settings.screen.port}"
    return token


def page(kiosk: Kiosk, token: str) -> Client:
    """A page that has been let in."""
    client = Client(kiosk.settings.screen.port)
    client.enter(token)
    return client


def until(events: Iterator[Event], wanted: Callable[[dict[str, Any]], object]) -> list[Event]:
    """What the page was told up to the first state that is wanted. A beat comes every second: it cannot hang."""
    heard, end_s = list[Event](), time.monotonic() + LIMIT_S
    for name, data in events:
        heard.append((name, data))
        if name == "state" and wanted(data):
            return heard
        assert time.monotonic() < end_s, f"it was never shown: {heard[-5:]}"
    raise AssertionError("the stream has ended")
