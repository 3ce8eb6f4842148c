"""The receiver, through gpsd: a client that outlives its silences, restarts and incomplete reports, and recent fixes.

gpsd-py3 connects without a timeout and keeps its socket in a module global, so the connection is made here; the meaning
of a report is left to its `GpsResponse`.
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
"""One JSON object of gpsd, any of whose fields may be missing or odd."""
_POLL_EVERY_S = 0.5
_FIRST_DELAY_S, _LONGEST_DELAY_S = 0.5, 30.0
_LONGEST_LINE = 65_536  # bytes; a report with sixty satellites has about 6,000


class GpsdClient:
    """Asks gpsd for positions and hands each new one to `publish`.

    Nothing that gpsd does or fails to do is an error here: without it there is just no position, and it is tried again
    after a capped, jittered delay. `timeout_s` bounds one `poll`, connecting included.
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
        """Poll until `stop`, calling `beat` every time round."""
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
        """The receiver's newest position, or None without gpsd, a receiver or a fix.

        gpsd repeats its last report when the receiver has fallen silent: a repeated one is the same `Fix`, as
        received when it first came. Nobody knows how old the first report after connecting is, so it is not used.
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
        """Leave gpsd; a later `poll` connects again."""
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


class _ForeignError(ValueError):
    """Whatever listens there is not gpsd."""


class _Link:
    """One conversation with gpsd in which no step outlasts its deadline (monotonic).

    Raises OSError when the connection fails, ends or stalls, ValueError or RecursionError for what gpsd would not say.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._unread = b""

    def ask(self, request: str, kind: str, deadline_s: float) -> Report:
        """Send a request and return the first answer of class `kind`, passing over whatever else gpsd says."""
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


def fix_of(answer: Report, now_s: float) -> Fix | None:
    """The best position in an answer to `?POLL;`, or None. Fields that are missing or odd count as not reported."""
    reports = sorted(_reports(answer, "tpv"), key=_mode)
    if not reports or _mode(reports[-1]) < 2:
        return None
    best = reports[-1]
    lat, lon = _number(best, "lat", 90), _number(best, "lon", 180)
    if lat is None or lon is None:  # GpsResponse would say 0.0, a real place near here
        return None
    response = gpsd.GpsResponse.from_json({"active": True, "tpv": [_plain(best)], "sky": [_sky(answer, best)]})
    return Fix(lat, lon, _error_m(best), response.sats_valid or None, now_s, _utc(response), response.mode)


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
    """The report's finite numbers, and its time: all that GpsResponse computes with."""
    numbers = {name: value for name in report if (value := _number(report, name)) is not None}
    return {**numbers, "mode": _mode(report), "time": str(report.get("time", ""))}


def _sky(answer: Report, position: Report) -> Report:
    """The satellites of the receiver that gave `position`."""
    skies = [sky for sky in _reports(answer, "sky") if sky.get("device") == position.get("device")]
    seen = _reports(skies[-1], "satellites") if skies else []
    return {"satellites": [{"used": satellite.get("used")} for satellite in seen]}


def _error_m(report: Report) -> float | None:
    """`eph`, else the larger of `epx` and `epy`, in metres (gpsd_json(5)); zero stands for unknown."""
    return _number(report, "eph") or max(_number(report, "epx") or 0.0, _number(report, "epy") or 0.0) or None


def _utc(response: gpsd.GpsResponse) -> datetime | None:
    try:
        time_there: datetime = response.get_time()
    except ValueError:  # no time, or not in gpsd's format
        return None
    return time_there.replace(tzinfo=UTC)


class RecentFixes:
    """The newest fix and those at most `keep_s` seconds older. Any thread may put and get."""

    def __init__(self, keep_s: float) -> None:
        self._keep_s = keep_s
        self._lock = threading.Lock()
        self._fixes: deque[Fix] = deque()

    def put(self, fix: Fix) -> None:
        """Add the newest, and forget what is too old."""
        with self._lock:
            self._fixes.append(fix)
            while fix.at_s - self._fixes[0].at_s > self._keep_s:
                self._fixes.popleft()

    def get(self) -> tuple[Fix, ...]:
        """All of them, oldest first."""
        with self._lock:
            return tuple(self._fixes)

    def newest(self) -> Fix | None:
        """The last one, or None when there never was one."""
        with self._lock:
            return self._fixes[-1] if self._fixes else None
