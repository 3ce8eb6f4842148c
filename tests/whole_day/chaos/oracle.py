"""Knows what people were told, and judges by it what the centre holds. Nothing here asks the daemon."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sync.chain import verify
from sync.contract import RecordEntry, parse_entry
from sync.signing import PublicKey

_TOLD: Final = re.compile(r"told.* entry (\d+), receipt ([0-9A-Z]{3}-[0-9A-Z]{3})$", re.MULTILINE)
_TRIED: Final = re.compile(r"^try (\S+)$", re.MULTILINE)
_VISIT_S: Final = 15.0
"""A walk-up ends in a record so soon, or not at all."""


@dataclass(frozen=True, slots=True)
class Told:
    """A record that a person was told of: its number, and the code on the screen."""

    seq: int
    receipt: str


@dataclass(frozen=True, slots=True)
class Witness:
    """What happened at the kiosk, as seen from outside: what was told on its screen and by the appender, which walk-ups
    began when (person to instants of the boot's steady clock), and whom the appender wanted to record."""

    on_screen: frozenset[Told]
    by_appender: frozenset[Told]
    walks: Mapping[str, Sequence[float]]
    tried: frozenset[str]

    def explains(self, record: RecordEntry) -> bool:
        """Somebody was there for this record."""
        person, at_s = record.body.person, record.clock.monotonic_s
        return person in self.tried or any(0 <= at_s - began_s <= _VISIT_S for began_s in self.walks.get(person, ()))


def witness(daemon_log: Path, appender_log: Path, walks: Path) -> Witness:
    """Read it from the logs and the list of walk-ups."""
    screen, appender = (log.read_text("utf-8", "replace") for log in (daemon_log, appender_log))
    began: dict[str, list[float]] = {}
    for line in walks.read_text("ascii").splitlines():
        at_s, person = line.split()
        began.setdefault(person, []).append(float(at_s))
    return Witness(_told(screen), _told(appender), began, frozenset(_TRIED.findall(appender)))


def _told(log: str) -> frozenset[Told]:
    return frozenset(Told(int(seq), receipt) for seq, receipt in _TOLD.findall(log))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the centre holds against what was told. `invented`: it is not in the kiosk's ledger byte for byte, or nobody
    was there. `undelivered`: in the ledger, but not at the centre. `double` goes by the time that a record was given;
    `double_when_corrected` by the one that it should have had, and is no fault of delivery: who was recorded while the
    clock was days off may have been recorded on the right day too."""

    shown: int
    stored: int
    entries: int
    lost: tuple[int, ...]
    double: tuple[str, ...]
    double_when_corrected: tuple[str, ...]
    invented: tuple[int, ...]
    undelivered: int
    chain_verified: bool


def judge(seen: Witness, ledger: Sequence[bytes], centre: Sequence[bytes], key: PublicKey) -> Verdict:
    """Compare; `ledger` and `centre` are the payloads on the kiosk's disk and in the receiver's database."""
    shown = seen.on_screen | seen.by_appender
    entries = [parse_entry(payload) for payload in centre]
    records = [entry for entry in entries if isinstance(entry, RecordEntry)]
    corrected = {entry.clock.corrects: entry.at for entry in entries if entry.clock.corrects is not None}
    there = Counter(Told(record.seq, record.body.receipt) for record in records)
    known = set(ledger)
    forged = [parse_entry(payload).seq for payload in centre if payload not in known]
    return Verdict(
        shown=len(shown),
        stored=len(records),
        entries=len(centre),
        lost=tuple(sorted(told.seq for told in shown if there[told] != 1)),
        double=(*_twice(records, {}), *_two_contents(centre)),
        double_when_corrected=tuple(_twice(records, corrected)),
        invented=(*forged, *(record.seq for record in records if not seen.explains(record))),
        undelivered=len(known - set(centre)),
        chain_verified=verify(centre, key).sound,
    )


def _twice(records: Sequence[RecordEntry], corrected: Mapping[str, datetime]) -> Iterator[str]:
    """Person, session and day of more than one record that none takes back."""
    voided = {record.body.voids for record in records}
    valid = [record for record in records if record.id not in voided]
    days = Counter(f"{r.body.person} {r.body.session} {corrected.get(r.id, r.at):%Y-%m-%d}" for r in valid)
    return (day for day, count in days.items() if count > 1)


def _two_contents(centre: Iterable[bytes]) -> Iterator[str]:
    contents = Counter(parse_entry(payload).seq for payload in set(centre))
    return (f"entry {seq}" for seq, count in contents.items() if count > 1)
