"""Delivers the entries of the ledger to the broker, oldest first, and reconnects when the connection is lost."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sync.backoff import Backoff
from sync.contract.topics import Topics
from sync.documents.envelope import NOTHING_PINNED, Pinned
from sync.errors import BrokerError, BrokerRefused, StoreRetryable
from sync.ledger import Ledger
from sync.mqtt.broker import BrokerSettings
from sync.mqtt.downlink import Downlink, NullDownlink
from sync.mqtt.session import TURN_S, UplinkSession
from sync.mqtt.statuses import StatusFacts
from sync.parcels import Parcels

log = logging.getLogger(__name__)

Phase = Literal["connecting", "online", "refused", "offline"]


@dataclass(frozen=True, slots=True)
class LinkState:
    """The state of the uplink; `reason` says why it is refused or offline."""

    phase: Phase
    reason: str = ""


class Uplink:
    """Publishes the ledger's entries with QoS 1, a bounded number at a time, and marks each on its PUBACK and receipt.

    Every connection is a clean MQTT session. The ledger knows which entries are not delivered, so those that a lost
    session leaves open are sent again, and the receiver ignores repeats.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        topics: Topics,
        ledger: Ledger,
        parcels: Parcels,
        facts: Callable[[], StatusFacts],
        pinned: Pinned = NOTHING_PINNED,
        downlink: Downlink | None = None,
    ) -> None:
        self._settings = settings
        self._topics = topics
        self._ledger = ledger
        self._parcels = parcels
        self._facts = facts
        self._pinned = pinned
        self._downlink = downlink or NullDownlink()
        self._state = LinkState("connecting")

    @property
    def state(self) -> LinkState:
        """The state at this moment; any thread may read it."""
        return self._state

    def run(self, stop: threading.Event, beat: Callable[[], None]) -> None:
        """Deliver until `stop` is set, and call `beat` several times a second, as the watchdog needs.

        Raises:
            StoreError: the ledger cannot be read or marked, and trying again does not help.
        """
        backoff = Backoff(self._settings.retry_least_s, self._settings.retry_most_s)
        while not stop.is_set():
            stores = (self._ledger, self._parcels)
            session = UplinkSession(self._settings, self._topics, *stores, self._facts, self._pinned, self._downlink)
            try:
                session.run(stop, beat, online=lambda: self._enter("online"))
            except BrokerRefused as error:
                self._enter("refused", str(error))
            except StoreRetryable as error:
                # On a full disk nothing can be marked: what was sent is sent again once there is room.
                self._enter("offline", str(error))
            except BrokerError as error:
                self._enter("offline", str(error))
                if session.useful:
                    backoff.reset()
            _pause(backoff.next_s(), stop, beat)
        self._enter("offline", "stopped")

    def _enter(self, phase: Phase, reason: str = "") -> None:
        state = LinkState(phase, reason)
        if state != self._state:
            self._state = state
            bad = phase in ("refused", "offline") and reason != "stopped"
            log.log(logging.WARNING if bad else logging.INFO, "uplink %s", f"{phase}: {reason}" if reason else phase)


def _pause(seconds: float, stop: threading.Event, beat: Callable[[], None]) -> None:
    end = time.monotonic() + seconds
    while not stop.is_set() and (left := end - time.monotonic()) > 0:
        beat()
        stop.wait(min(TURN_S, left))
