"""Keeps the roll current while other processes enrol and remove people."""

import logging
import time
from collections.abc import Callable

from kiosk.people.acceptance import Pair
from kiosk.people.gallery import Roll, Standard, stored_roll
from kiosk.people.reembedding import renew
from kiosk.people.store import People
from kiosk.recognition.pipeline import Looker

log = logging.getLogger(__name__)
_CHECK_S = 2.0


class RollKeeper:
    """The roll of one embedder, read again when the store or the standard has changed. For one thread.

    `newcome` makes a little progress with people who are to be enrolled, and says whether anybody was.
    """

    def __init__(
        self,
        people: People,
        standard: Callable[[], Standard],
        newcome: Callable[[Looker, Roll], bool] = lambda _looker, _roll: False,
    ) -> None:
        self._people = people
        self._standard = standard
        self._newcome = newcome
        self._alike: frozenset[Pair] = frozenset()
        self._read_by: tuple[Standard, int] | None = None
        self._checked_s = float("-inf")
        self._roll: Roll | None = None

    def current(self) -> Roll:
        """The roll; what others have changed is in it two seconds later at the latest."""
        if self._roll is None or time.monotonic() - self._checked_s >= _CHECK_S:
            self._checked_s = time.monotonic()
            by = (self._standard(), self._people.changes())
            if self._roll is None or by != self._read_by:
                self._read_by, self._roll = by, self._read(by[0])
        return self._roll

    def work(self, looker: Looker) -> None:
        """Do a little for people who are to be enrolled."""
        if self._newcome(looker, self.current()):
            self.changed()

    def changed(self) -> None:
        """The store has been changed: do not wait until it is looked at again."""
        self._checked_s = float("-inf")

    def renew(self, looker: Looker, beat: Callable[[], None]) -> None:
        """After a change of model, or damage, embed people again from their portraits."""
        renewal = renew(self._people, looker.embedder, beat)
        if renewal.renewed:
            log.info("%d people were embedded again for %s", len(renewal.renewed), looker.embedder.model)
        origins = self._people.standing()
        for person in renewal.to_enrol:
            if origins[person].origin == "roster":
                log.warning("%s has no portrait that can be embedded again: the roster's document is awaited", person)
            else:
                log.error("%s has no portrait that can be embedded again: enrol this person again", person)

    def _read(self, standard: Standard) -> Roll:
        roll = stored_roll(self._people, standard)
        found = roll.acceptance
        log.info(
            "%d people enrolled, threshold %.3f and margin %.3f for FPIR %.4f (FMR %.2g), %d pairs of look-alikes",
            *(len(roll.gallery), found.threshold, found.margin, standard.fpir, found.fmr, len(roll.look_alikes)),
        )
        for one, other in sorted(sorted(pair) for pair in roll.look_alikes - self._alike):
            log.warning("%s and %s look alike: for these two a match needs a wider margin", one, other)
        self._alike = roll.look_alikes
        for person, count in roll.set_aside.items():
            log.warning("%s: %d shots do not agree with the others and are set aside", person, count)
        for person in roll.left_out:
            log.error("%s cannot be recognised: the shots do not agree; enrol this person again", person)
        return roll
