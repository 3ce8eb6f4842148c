"""Run by test_export in a process of its own, to be killed: exports, and prints each package that is finished.

python -m tests.sync.export_child LEDGER FOLDER SEAL_TO
"""

import sys
from pathlib import Path

from sync.documents.sealing import SealTo
from sync.export.writing import Order, export
from sync.ledger import Ledger
from tests.sync.helpers import AT, KIOSK, UNIT


def main() -> None:
    order = Order(AT, SealTo.from_text(sys.argv[3]))
    with Ledger(Path(sys.argv[1]), KIOSK, UNIT) as ledger:
        for finished in export(ledger, Path(sys.argv[2]), order):
            print(finished.path.name, flush=True)


if __name__ == "__main__":
    main()
