"""Run by test_uplink in a process of its own, to be killed: appends records and publishes them. Prints each number.

python -m tests.sync.crash_child LEDGER PORT COUNT
"""

import sys
import threading
from pathlib import Path

from sync.ledger import Ledger
from sync.mqtt.broker import BrokerSettings
from sync.mqtt.uplink import Uplink
from sync.parcels import Parcels
from tests.sync.helpers import KIOSK, TOPICS, UNIT, facts, record


def main() -> None:
    path, port, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    ledger = Ledger(path, KIOSK, UNIT)
    ledger.open()
    parcels = Parcels(path.with_name("parcels.db"))
    parcels.open_or_set_aside()
    uplink = Uplink(BrokerSettings(host="127.0.0.1", port=port), TOPICS, ledger, parcels, facts)
    threading.Thread(target=uplink.run, args=(threading.Event(), lambda: None), daemon=True).start()
    for line in sys.stdin:
        if line.strip() == "append":
            for _ in range(count):
                sys.stdout.write(f"{ledger.append(record()).seq}\n")
            sys.stdout.flush()
        elif line.strip() == "state":
            sys.stdout.write(f"{uplink.state.phase}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
