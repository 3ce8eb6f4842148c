"""Where log lines go: to the journal, with structured fields, under systemd, else to standard error."""

import logging
import os
import sys
from collections.abc import Mapping
from typing import TextIO

from systemd.journal import JournalHandler

_ROOMS = ("camera", "kiosk", "models", "sync")


def set_up(level: str = "INFO") -> None:
    """Sets up logging: lines of this program from `level` on, and warnings of other packages.

    Fields of the journal are given with a line, in capitals: `log.info("...", extra={"SEQ": 4711})`.
    """
    handler = handler_for(os.environ, sys.stderr)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for room in _ROOMS:
        logging.getLogger(room).setLevel(level)


def handler_for(environment: Mapping[str, str], stream: TextIO) -> logging.Handler:
    """Returns a handler for the journal when `stream` is connected to it, else one for `stream`."""
    if _is_journal(environment, stream):
        handler: logging.Handler = JournalHandler(SYSLOG_IDENTIFIER="senfie-kiosk")
        form = "%(message)s"  # level, thread and logger are fields of their own
    else:
        handler = logging.StreamHandler(stream)
        form = "%(asctime)s %(levelname)-7s %(threadName)s %(name)s: %(message)s"
    handler.setFormatter(logging.Formatter(form))
    return handler


def _is_journal(environment: Mapping[str, str], stream: TextIO) -> bool:
    """Returns whether `stream` still is the one that systemd connected to the journal.

    JOURNAL_STREAM names the device and inode of that one (systemd.exec(5)). `stream` may have been redirected since.
    """
    try:
        stat = os.fstat(stream.fileno())
    except OSError:  # `stream` has no file descriptor
        return False
    return environment.get("JOURNAL_STREAM") == f"{stat.st_dev}:{stat.st_ino}"
