"""Run by test_delivery in a process of its own: a receiver whose power fails between the commit and the receipt.

python -m tests.central.killed_child URL PORT
"""

import os
import signal
import sys
import threading

from central.receiver import Receiver
from central.store.database import CentralDatabase
from sync.contract.topics import DEFAULT_ROOT
from sync.mqtt.broker import BrokerSettings


class PowerCut(Receiver):
    """Commit, and end the process at once."""

    def answer(self, *_committed: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    settings = BrokerSettings(host="127.0.0.1", port=int(sys.argv[2]))
    receiver = PowerCut(settings, DEFAULT_ROOT, CentralDatabase(sys.argv[1]))
    receiver.run(threading.Event(), lambda: print("ready", flush=True))


if __name__ == "__main__":
    main()
