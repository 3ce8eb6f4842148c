"""Databases for tests: SQLite, and PostgreSQL where it is installed."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from central.store.database import CentralDatabase
from kiosk.lab.demo.broker import free_port
from tests.central.helpers import register

_USER = "nobody"


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        pytest.skip("PostgreSQL is not installed: no initdb")
    return Path(on_path).parent if on_path else found[-1].parent


def _unprivileged(*command: str) -> list[str]:
    """Return the command for a user other than root, because PostgreSQL refuses to run as root."""
    return ["runuser", "-u", _USER, "--", *command] if os.geteuid() == 0 else list(command)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server that runs for these tests, on a free local port and without a password."""
    programs, port = _programs(), free_port()
    folder = Path(subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
    if os.geteuid() == 0:
        shutil.chown(folder, _USER)
    data, log = folder / "data", folder / "log"
    make = _unprivileged(str(programs / "initdb"), "-D", str(data), "-U", "central", "-A", "trust", "--no-sync")
    subprocess.run(make, check=True, capture_output=True, cwd="/")
    control = str(programs / "pg_ctl")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    start = _unprivileged(control, "-D", str(data), "-l", str(log), "-o", options, "-w", "start")
    subprocess.run(start, check=True, stdout=subprocess.DEVNULL, cwd="/")
    try:
        yield f"postgresql://central@127.0.0.1:{port}/postgres"
    finally:
        stop = _unprivileged(control, "-D", str(data), "-m", "immediate", "stop")
        subprocess.run(stop, check=True, stdout=subprocess.DEVNULL, cwd="/")
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, once for each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'central.db'}"
    server: str = request.getfixturevalue("postgres")
    name = "t" + tmp_path.name.replace("-", "_").lower()[-50:]
    admin = CentralDatabase(server)
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}"')
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    admin.close()
    return f"{server.rpartition('/')[0]}/{name}"


@pytest.fixture
def database(url: str) -> Iterator[CentralDatabase]:
    """A database of each kind, with the tests' kiosk registered."""
    made = CentralDatabase(url)
    made.create()
    register(made)
    yield made
    made.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[CentralDatabase]:
    """A SQLite database with the tests' kiosk registered, for tests that do not depend on the kind of database."""
    made = CentralDatabase(f"sqlite:///{tmp_path / 'central.db'}")
    made.create()
    register(made)
    yield made
    made.close()
