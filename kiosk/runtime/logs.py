"""Where log lines go: the journal with structured fields under systemd, standard error otherwise."""

import logging
import os
import sys
from collections.abc import Mapping
from typing import TextIO

from systemd.journal import JournalHandler

_ROOMS = ("camera", "kiosk", "models", "sync")


def set_up(level: str = "INFO") -> None:
    """Send the program's lines of `level` and above, and everybody else's warnings, to the right place.

    Fields for the journal are given with the line, in capitals: `log.info("...", extra={"SEQ": 4711})`.
    """
    handler = handler_for(os.environ, sys.stderr)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for room in _ROOMS:
        logging.getLogger(room).setLevel(level)


def handler_for(environment: Mapping[str, str], stream: TextIO) -> logging.Handler:
    """A handler for the journal when `stream` is connected to it, for `stream` otherwise."""
    if _is_journal(environment, stream):
        handler: logging.Handler = JournalHandler(SYSLOG_IDENTIFIER="senfie-kiosk")
        form = "%(message)s"  # level, thread and logger are fields of their own
    else:
        handler = logging.StreamHandler(stream)
        form = "%(asctime)s %(levelname)-7s %(threadName)s %(name)s: %(message)s"
    handler.setFormatter(logging.Formatter(form))
    return handler


def _is_journal(environment: Mapping[str, str], stream: TextIO) -> bool:
    """JOURNAL_STREAM names the device and inode systemd connected (systemd.exec(5)); it may be redirected since."""
    try:
        there = os.fstat(stream.fileno())
    except OSError:  # not a file at all
        return False
    return environment.get("JOURNAL_STREAM") == f"{there.st_dev}:{there.st_ino}"
