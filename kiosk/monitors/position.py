"""Watches where the kiosk is, and appends one event when it was carried away."""

import logging
from collections.abc import Callable

from kiosk.clock.clock import Clock, JudgedMoment
from kiosk.clock.event_log import EventLog
from kiosk.position.place import FenceState, Site
from sync.contract import Draft, Moved, MovedDetail, Place

log = logging.getLogger(__name__)


class MoveMonitor:
    """Looks at the place whenever `tick` is called. After a start of the daemon the event may be appended again."""

    def __init__(
        self,
        place: Callable[[JudgedMoment], Place],
        site: Callable[[], Site],
        after_s: float,
        clock: Clock,
        event_log: EventLog,
    ) -> None:
        self._place = place
        self._site = site
        self._after_s = after_s
        self._clock = clock
        self._event_log = event_log
        self._fence = FenceState()

    def tick(self) -> None:
        """Looks once. Appends an event when the median position has been beyond the fence for `after_s` seconds."""
        moment = self._clock.moment()
        place, now_s = self._place(moment), moment.monotonic_s
        self._fence = self._fence.seen(place, now_s)
        since_s = self._fence.outside_since_s
        if since_s is None or not self._fence.moved(now_s, self._after_s):
            return
        detail = MovedDetail(
            lat=place.lat,
            lon=place.lon,
            error_m=place.error_m,
            from_site_m=place.from_site_m,
            radius_m=self._site().radius_m,
            outside_s=round(now_s - since_s, 1),
        )
        log.warning("the kiosk is %.0f m from its site", place.from_site_m)
        # When the ledger cannot take the event, it is tried again after `after_s` seconds.
        self._fence = FenceState(
            now_s, told=self._event_log.record_draft(Draft(Moved(detail=detail), moment)) is not None
        )
