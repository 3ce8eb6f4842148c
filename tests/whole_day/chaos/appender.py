"""A second process that writes the ledger beside the daemon, as commands do: opens it, appends, closes it, for ever.

Says `try PERSON` before it appends the record of a person who is nobody else, and `told` with what a screen would say
once the append has returned.

python -m tests.whole_day.chaos.appender BENCH CONFIG SEED
"""

import random
import sys
import time
from pathlib import Path

from kiosk import settings as settings_file
from kiosk.app import parts
from kiosk.settings import Settings
from sync.contract import Draft, RecordEntry
from sync.errors import StoreRetryable
from tests.sync.helpers import record
from tests.whole_day.chaos.device import Bench, hold_clock

MOST_AT_ONCE = 3
_PAUSE_S = 0.8


def append(settings: Settings, people: list[str]) -> None:
    """Record these people in one go."""
    with parts.ledger(settings) as ledger:
        clock = parts.clock(settings, ledger.last_at)
        for person in people:
            say(f"try {person}")
            entry = ledger.append(Draft(record(person).body, clock.moment()))
            assert isinstance(entry, RecordEntry)
            say(f"told entry {entry.seq}, receipt {entry.body.receipt}")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    bench, config, seed = Bench(Path(sys.argv[1])), Path(sys.argv[2]), sys.argv[3]
    hold_clock(bench)
    settings = settings_file.load(config)
    chance, number = random.Random(seed), 0
    while True:
        count = chance.randint(1, MOST_AT_ONCE)
        try:
            append(settings, [f"w-{seed}-{number + step}" for step in range(count)])
        except StoreRetryable as error:
            say(f"not recorded: {error}")
        number += count
        time.sleep(chance.expovariate(1 / _PAUSE_S))


if __name__ == "__main__":
    main()
