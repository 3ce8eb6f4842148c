"""One run: the office works, faults strike it as planned, all heals, and the oracle judges."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import select

from central.store.database import CentralDatabase
from central.store.rejects import tally
from central.store.tables import entries
from kiosk.app import parts
from sync.errors import StoreRetryable
from tests.whole_day.chaos.faults import Faults
from tests.whole_day.chaos.oracle import Verdict, Witness, judge, witness
from tests.whole_day.chaos.plan import plan
from tests.whole_day.chaos.scene import Scene, scene

_TURN_S: Final = 0.05
_DRAIN_S: Final = 150.0
"""Every connection has been given up and made again by then, the receiver's slowest back-off included."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run came to. `ended` counts the ends of parts that no fault asked for, `alarms` what the receiver refused,
    by problem; `left_out` are kinds of faults that this machine does not allow."""

    seed: int
    seconds: int
    drained_s: float | None
    struck: dict[str, int]
    left_out: list[str]
    ended: dict[str, int]
    alarms: dict[str, int]
    seen: Witness
    verdict: Verdict

    @property
    def passed(self) -> bool:
        """Nothing was lost, doubled, invented or left behind, and the receiver holds an unbroken chain."""
        found = self.verdict
        bad = found.lost or found.double or found.invented or found.undelivered or self.alarms
        return found.chain_verified and self.drained_s is not None and not bad

    def facts(self) -> dict[str, object]:
        """For programs."""
        verdict = asdict(self.verdict)
        named = {f"{name}_which": verdict[name] for name in ("lost", "double", "invented") if verdict[name]}
        counted = {name: len(verdict[name]) for name in ("lost", "double", "invented")}
        return {
            "faults": sum(self.struck.values()),
            "shown": self.verdict.shown,
            "stored": self.verdict.stored,
            **counted,
            "shown_on_screen": len(self.seen.on_screen),
            "shown_by_appender": len(self.seen.by_appender),
            "walk_ups": sum(map(len, self.seen.walks.values())),
            "entries": self.verdict.entries,
            "double_when_corrected": len(self.verdict.double_when_corrected),
            "undelivered": self.verdict.undelivered,
            "chain_verified": self.verdict.chain_verified,
            "drained_s": self.drained_s,
            "alarms": self.alarms,
            "ended_by_themselves": self.ended,
            "faults_by_kind": dict(sorted(self.struck.items())),
            "left_out": self.left_out,
            "seconds": self.seconds,
            "seed": self.seed,
            **named,
        }


def run(folder: Path, seconds: int, seed: int, most_people: int) -> Report:
    """Run in an empty folder, which keeps the logs."""
    with scene(folder, seed, most_people) as place:
        left_out = [] if place.disk else ["disk_full"]
        faults = Faults(place)
        place.begin()
        strike(place, faults, seconds, left_out)
        drained_s = drain(place)
        for service in (place.appender, place.daemon, place.receiver):
            service.kill()
        with parts.ledger(place.settings) as ledger:
            disk, key = [stored.payload for stored in ledger.stored()], ledger.key.public
        centre, alarms = _held(place)
        seen = witness(place.daemon.log, place.appender.log, place.bench.walks)
        ended = {name: getattr(place, name).ended for name in ("daemon", "receiver", "appender")}
        verdict = judge(seen, disk, centre, key)
        return Report(seed, seconds, drained_s, dict(faults.struck), left_out, ended, alarms, seen, verdict)


def strike(place: Scene, faults: Faults, seconds: int, left_out: list[str]) -> None:
    """Let the planned faults begin and end; those that are left at the end, end."""
    steps: list[tuple[float, Callable[[str], None], str]] = []
    for planned in plan(place.seed, seconds, left_out):
        steps += [(planned.begin_s, faults.begin, planned.kind), (planned.end_s, faults.end, planned.kind)]
    todo = deque(sorted(steps, key=lambda step: step[0]))
    began_s = time.monotonic()
    while todo:
        due_s, act, kind = todo[0]
        now_s = time.monotonic() - began_s
        if now_s >= min(due_s, seconds):
            act(kind)
            todo.popleft()
        place.tend()
        time.sleep(_TURN_S)


def drain(place: Scene) -> float | None:
    """Seconds until every entry has its receipt, or None when that never comes; only the daemon still appends."""
    place.appender.kill()
    place.bench.unplugged.touch()
    began_s = time.monotonic()
    while time.monotonic() - began_s < _DRAIN_S:
        place.tend()
        try:
            if place.waiting() == 0:
                place.daemon.kill()
                if place.waiting() == 0:
                    return round(time.monotonic() - began_s, 1)
                place.daemon.start()
        except StoreRetryable:
            pass  # the daemon is just starting, and has the ledger alone
        time.sleep(1)
    return None


def _held(place: Scene) -> tuple[list[bytes], dict[str, int]]:
    database = CentralDatabase(place.centre)
    with database.transaction() as connection:
        query = select(entries.c.payload).order_by(entries.c.kiosk, entries.c.seq)
        held, alarms = list(connection.execute(query).scalars()), dict(tally(connection))
    database.close()
    return held, alarms
