"""Keeps the roll current while other processes enrol and remove people."""

import logging
import time

from kiosk.people.roll import Roll, Standard, stored_roll
from kiosk.people.store import People

log = logging.getLogger(__name__)
_CHECK_S = 2.0


class RollKeeper:
    """The roll of one embedder, read again when the store has changed. For one thread."""

    def __init__(self, people: People, standard: Standard) -> None:
        self._people = people
        self._standard = standard
        self._version = people.version()
        self._checked_s = time.monotonic()
        self._roll = self._read()

    def current(self) -> Roll:
        """The roll; what others have changed is in it two seconds later at the latest."""
        if time.monotonic() - self._checked_s >= _CHECK_S:
            self._checked_s = time.monotonic()
            version = self._people.version()
            if version != self._version:
                self._version = version
                self._roll = self._read()
        return self._roll

    def _read(self) -> Roll:
        roll = stored_roll(self._people, self._standard)
        found = roll.acceptance
        log.info(
            "%d people enrolled, threshold %.3f and margin %.3f for FPIR %.4f (FMR %.2g), %d pairs of look-alikes",
            *(len(roll.gallery), found.threshold, found.margin, self._standard.fpir, found.fmr, len(roll.look_alikes)),
        )
        for one, other in sorted(sorted(pair) for pair in roll.look_alikes):
            log.warning("%s and %s look alike: for these two a match needs a wider margin", one, other)
        for person, count in roll.set_aside.items():
            log.warning("%s: %d shots do not agree with the others and are set aside", person, count)
        for person in roll.left_out:
            log.error("%s cannot be recognised: the shots do not agree; enrol this person again", person)
        return roll
