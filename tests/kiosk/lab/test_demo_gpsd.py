"""The demo's gpsd and gpsfake: start, stop, and what they leave behind."""

import os
import socket
from pathlib import Path

import pytest

from kiosk.lab.demo.broker import ProgramMissingError
from kiosk.lab.demo.gpsd import GpsServer
from tests.gpsd_server import LAT, LON
from tests.waiting import wait_for


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as client:
            return client.recv(20).startswith(b'{"class":"VERSION"')
    except OSError:
        return False


def test_nothing_is_left_after_stop() -> None:
    before = _children()
    with GpsServer(LAT, LON, seconds=30) as server:
        wait_for(lambda: _answers(server.port))
        children = _children() - before
        assert len(children) >= 2
        sockets = [path for pid in children if (path := Path(f"/tmp/gpsfake-{pid}.sock")).exists()]  # noqa: S108
        assert len(sockets) == 1
    assert not _answers(server.port)
    assert not children & _children()
    assert not sockets[0].exists()
    server.stop()


def test_says_what_is_missing_and_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramMissingError, match="gpsfake is not installed: sudo apt-get install gpsd-clients"):
        GpsServer(LAT, LON).start()


def _children() -> set[int]:
    """The ids of all descendants of this process."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):  # it has just ended
            continue
    own = {pid for pid, parent in parents.items() if parent == os.getpid()}
    return own | {pid for pid, parent in parents.items() if parent in own}
