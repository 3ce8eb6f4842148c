"""Keeps the gallery current while other processes enrol and remove people."""

import logging
import time
from collections.abc import Callable

from kiosk.people.acceptance import Pair
from kiosk.people.gallery import EnrolledGallery, MatchPolicy, stored_gallery
from kiosk.people.reembedding import reembed
from kiosk.people.store import People
from kiosk.recognition.pipeline import FacePipeline

log = logging.getLogger(__name__)
_CHECK_S = 2.0


class GalleryCache:
    """The gallery of one embedder, read again when the store or the match policy has changed. For one thread.

    `enrol_step` does one step of enrolling people of the roster, and returns whether people have changed.
    """

    def __init__(
        self,
        people: People,
        match_policy: Callable[[], MatchPolicy],
        enrol_step: Callable[[FacePipeline, EnrolledGallery], bool] = lambda _pipeline, _gallery: False,
    ) -> None:
        self._people = people
        self._match_policy = match_policy
        self._enrol_step = enrol_step
        self._alike: frozenset[Pair] = frozenset()
        self._read_by: tuple[MatchPolicy, int] | None = None
        self._checked_s = float("-inf")
        self._gallery: EnrolledGallery | None = None

    def current(self) -> EnrolledGallery:
        """Returns the gallery; changes by other processes are in it after two seconds at the latest."""
        if self._gallery is None or time.monotonic() - self._checked_s >= _CHECK_S:
            self._checked_s = time.monotonic()
            by = (self._match_policy(), self._people.changes())
            if self._gallery is None or by != self._read_by:
                self._read_by, self._gallery = by, self._read(by[0])
        return self._gallery

    def work(self, pipeline: FacePipeline) -> None:
        """Make one step of progress, such as one photo, with people who are to be enrolled."""
        if self._enrol_step(pipeline, self.current()):
            self.changed()

    def changed(self) -> None:
        """Read the store again at the next `current`, because it has been changed."""
        self._checked_s = float("-inf")

    def renew(self, pipeline: FacePipeline, beat: Callable[[], None]) -> None:
        """After a change of model, or damage, embed people again from their portraits."""
        renewal = reembed(self._people, pipeline.embedder, beat)
        if renewal.renewed:
            log.info("%d people were embedded again for %s", len(renewal.renewed), pipeline.embedder.model)
        for person in renewal.dropped:
            log.warning("%s: the shots of later visits were damaged and are dropped", person)
        origins = self._people.statuses()
        for person in renewal.to_enrol:
            if origins[person].origin == "roster":
                log.warning("%s has no portrait that can be embedded again: the roster's document is awaited", person)
            else:
                log.error("%s has no portrait that can be embedded again: enrol this person again", person)

    def _read(self, match_policy: MatchPolicy) -> EnrolledGallery:
        gallery = stored_gallery(self._people, match_policy)
        found = gallery.acceptance
        log.info(
            "%d people enrolled, threshold %.3f and margin %.3f for FPIR %.4f (FMR %.2g), %d pairs of look-alikes",
            *(
                len(gallery.templates),
                found.threshold,
                found.margin,
                match_policy.fpir,
                found.fmr,
                len(gallery.look_alikes),
            ),
        )
        for one, other in sorted(sorted(pair) for pair in gallery.look_alikes - self._alike):
            log.warning("%s and %s look alike: for these two a match needs a wider margin", one, other)
        self._alike = gallery.look_alikes
        for person, count in gallery.set_aside.items():
            log.warning("%s: %d shots do not agree with the others and are set aside", person, count)
        for person in gallery.left_out:
            log.error("%s cannot be recognised: the shots do not agree; enrol this person again", person)
        return gallery
