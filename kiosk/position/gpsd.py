"""The client of gpsd, which goes on after silences, restarts and incomplete reports, and the store of recent fixes.

gpsd-py3 connects without a timeout and keeps its socket in a module global, so the connection is made here. What a
report means is left to its `GpsResponse`.
"""

import json
import logging
import math
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

import gpsd

from kiosk.position.place import Fix
from sync.backoff import Backoff

log = logging.getLogger(__name__)

Report: TypeAlias = dict[str, object]
"""One JSON object of gpsd. Any of its fields may be missing or malformed."""

_POLL_EVERY_S = 0.5
_FIRST_DELAY_S, _LONGEST_DELAY_S = 0.5, 30.0
_LONGEST_LINE = 65_536  # bytes; a report with sixty satellites has about 6,000


class GpsdClient:
    """Asks gpsd for positions and hands each new one to `publish`.

    Nothing that gpsd does raises an error here. Without gpsd there is no position, and the client connects again after
    a capped, jittered delay. `timeout_s` bounds one `poll`, connecting included.
    """

    def __init__(self, host: str, port: int, publish: Callable[[Fix], None], timeout_s: float = 1.0) -> None:
        self._address = host, port
        self._publish = publish
        self._timeout_s = timeout_s
        self._link: _Link | None = None
        self._backoff = Backoff(_FIRST_DELAY_S, _LONGEST_DELAY_S)
        self._not_before_s = 0.0
        self._answering: bool | None = None
        self._seen: tuple[datetime | None, float, float] | None = None
        self._fix: Fix | None = None

    def run(self, stop: threading.Event, beat: Callable[[], None]) -> None:
        """Polls until `stop` is set, with a heartbeat before each poll."""
        published: Fix | None = None
        try:
            while not stop.is_set():
                beat()
                fix = self.poll()
                if fix is not None and fix is not published:
                    self._publish(fix)
                    published = fix
                stop.wait(_POLL_EVERY_S)
        finally:
            self.close()

    def poll(self) -> Fix | None:
        """Returns the receiver's newest position, or None without gpsd, a receiver or a fix.

        gpsd repeats its last report when the receiver has fallen silent. A repeated report gives the same `Fix`, with
        the instant at which it first came. The age of the first report after connecting is unknown: it is not used.
        """
        if time.monotonic() < self._not_before_s:
            return None
        deadline_s = time.monotonic() + self._timeout_s
        try:
            link = self._link or self._connect(deadline_s)
            answer = link.ask("?POLL;", "POLL", deadline_s)
        except (OSError, ValueError, RecursionError) as error:
            self._lost(error)
            return None
        self._answered()
        fix = fix_of(answer, time.monotonic())
        return None if fix is None else self._newest(fix)

    def close(self) -> None:
        """Closes the connection; a later `poll` connects again."""
        if self._link is not None:
            self._link.close()
            self._link = None

    def _connect(self, deadline_s: float) -> "_Link":
        self._seen = self._fix = None
        self._link = _Link(socket.create_connection(self._address, _left(deadline_s)))
        self._link.ask("", "VERSION", deadline_s)
        self._link.ask('?WATCH={"enable":true}', "WATCH", deadline_s)
        return self._link

    def _newest(self, fix: Fix) -> Fix | None:
        report = fix.utc, fix.lat, fix.lon
        if report != self._seen:
            self._fix = None if self._seen is None else fix
            self._seen = report
        return self._fix

    def _answered(self) -> None:
        self._backoff.reset()
        if not self._answering:
            log.info("gpsd at %s:%d answers", *self._address)
        self._answering = True

    def _lost(self, error: Exception) -> None:
        self.close()
        self._not_before_s = time.monotonic() + self._backoff.next_s()
        if self._answering is not False:
            log.warning("no gpsd at %s:%d (%s); the surveyed site is used until it answers", *self._address, error)
        self._answering = False


class RecentFixes:
    """Keeps the newest fix and those at most `keep_s` seconds older. Any thread may put and get."""

    def __init__(self, keep_s: float) -> None:
        self._keep_s = keep_s
        self._lock = threading.Lock()
        self._fixes: deque[Fix] = deque()

    def put(self, fix: Fix) -> None:
        """Adds the newest fix and drops those that are too old."""
        with self._lock:
            self._fixes.append(fix)
            while fix.at_s - self._fixes[0].at_s > self._keep_s:
                self._fixes.popleft()

    def get(self) -> tuple[Fix, ...]:
        """Returns the fixes that are kept, oldest first."""
        with self._lock:
            return tuple(self._fixes)

    def newest(self) -> Fix | None:
        """Returns the newest fix, or None when there never was one."""
        with self._lock:
            return self._fixes[-1] if self._fixes else None


def fix_of(answer: Report, now_s: float) -> Fix | None:
    """Returns the best position in an answer to `?POLL;`, or None.

    Missing and malformed fields count as not reported. `now_s` is the monotonic instant of receipt.
    """
    reports = sorted(_reports(answer, "tpv"), key=_mode)
    if not reports or _mode(reports[-1]) < 2:
        return None
    best = reports[-1]
    lat, lon = _number(best, "lat", 90), _number(best, "lon", 180)
    if lat is None or lon is None:  # GpsResponse would give 0.0, which is a real latitude on the equator
        return None
    response = gpsd.GpsResponse.from_json({"active": True, "tpv": [_plain(best)], "sky": [_sky(answer, best)]})
    return Fix(lat, lon, _error_m(best), response.sats_valid or None, now_s, _utc(response), response.mode)


class _ForeignError(ValueError):
    """The program that listens at the address is not gpsd."""


class _Link:
    """One connection to gpsd on which no step outlasts its deadline (monotonic).

    Raises OSError when the connection fails, ends or stalls, ValueError or RecursionError for an answer that gpsd would
    not give.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._unread = b""

    def ask(self, request: str, kind: str, deadline_s: float) -> Report:
        """Sends a request and returns the first answer of class `kind`; other messages are skipped."""
        if request:
            self._socket.settimeout(_left(deadline_s))
            self._socket.sendall(request.encode() + b"\n")
        while True:
            message = json.loads(self._line(deadline_s))
            if not isinstance(message, dict):
                raise _ForeignError("it does not speak as gpsd does")
            if message.get("class") == kind:
                return message

    def close(self) -> None:
        self._socket.close()

    def _line(self, deadline_s: float) -> bytes:
        while b"\n" not in self._unread:
            if len(self._unread) > _LONGEST_LINE:
                raise _ForeignError("it does not speak as gpsd does")
            self._socket.settimeout(_left(deadline_s))
            received = self._socket.recv(4096)
            if not received:
                raise ConnectionError("it closed the connection")
            self._unread += received
        line, _, self._unread = self._unread.partition(b"\n")
        return line


def _left(deadline_s: float) -> float:
    left_s = deadline_s - time.monotonic()
    if left_s <= 0:
        raise TimeoutError("no answer in time")
    return left_s


def _reports(answer: Report, name: str) -> list[Report]:
    found = answer.get(name)
    return [report for report in found if isinstance(report, dict)] if isinstance(found, list) else []


def _number(report: Report, name: str, limit: float = math.inf) -> float | None:
    value = report.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and abs(value) <= limit else None


def _mode(report: Report) -> int:
    return int(_number(report, "mode") or 0)


def _plain(report: Report) -> Report:
    """Returns the finite numbers of a report and its time, which is all that GpsResponse computes with."""
    numbers = {name: value for name in report if (value := _number(report, name)) is not None}
    return {**numbers, "mode": _mode(report), "time": str(report.get("time", ""))}


def _sky(answer: Report, position: Report) -> Report:
    """Returns the satellites of the receiver that gave `position`."""
    skies = [sky for sky in _reports(answer, "sky") if sky.get("device") == position.get("device")]
    seen = _reports(skies[-1], "satellites") if skies else []
    return {"satellites": [{"used": satellite.get("used")} for satellite in seen]}


def _error_m(report: Report) -> float | None:
    """Returns `eph`, else the larger of `epx` and `epy`, in metres (gpsd_json(5)). Zero stands for unknown."""
    return _number(report, "eph") or max(_number(report, "epx") or 0.0, _number(report, "epy") or 0.0) or None


def _utc(response: gpsd.GpsResponse) -> datetime | None:
    try:
        receiver_time: datetime = response.get_time()
    except ValueError:  # no time, or not in gpsd's format
        return None
    return receiver_time.replace(tzinfo=UTC)
