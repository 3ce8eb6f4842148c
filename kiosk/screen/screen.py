"""The shared state of the screen: workers change it, and the web server shows it."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from systemd.daemon import notify

from kiosk.screen.catalogue import Phrase, Words
from kiosk.screen.state import Banner, Card, Chips, Enrolment, Guide, State, Tone

log = logging.getLogger(__name__)

LEAST_S = 3.0
"""The least time that a card is shown, unless another card replaces it."""

Listener = Callable[[State | Guide], None]


class Screen:
    """Holds what is shown. Any thread may change it; listeners are called in that thread and must not block.

    The banner is shown while there is no card. It is the standing line, or the trouble while something is broken, or a
    line that was said, until the screen resumes. A card is the result of a visit and has its own time.

    `status` goes to the log and to systemd; it must not name a person.
    """

    def __init__(self, words: Words | None = None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.words = words or Words()
        self._monotonic = monotonic
        self._lock = threading.RLock()
        self._listeners: list[Listener] = []
        self._standing = self._banner(Phrase("starting"), "plain")
        self._trouble: Banner | None = None
        self._state = State(banner=self._standing)
        self._card_since_s = self._card_until_s = 0.0
        self._guide = Guide()

    @property
    def state(self) -> State:
        """What is shown now: everything but the guide."""
        with self._lock:
            return self._state

    @property
    def guide(self) -> Guide:
        """Where the face is now and what it is asked to do."""
        with self._lock:
            return self._guide

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Calls `listener` with every change from now on. Returns a function that ends that."""
        with self._lock:
            self._listeners.append(listener)

        def end() -> None:
            with self._lock:
                self._listeners.remove(listener)

        return end

    @property
    def watched(self) -> bool:
        """Whether a page shows the screen, so that people can be asked."""
        with self._lock:
            return bool(self._listeners)

    def stand(self, phrase: Phrase, *, status: str) -> None:
        """Sets the standing line, which is shown while nobody stands before the camera."""
        with self._lock:
            self._standing = self._banner(phrase, "plain")
            self.resume(status=status)

    def trouble(self, phrase: Phrase | None, *, status: str) -> None:
        """Sets a line that replaces the standing line while something is broken. None ends that."""
        with self._lock:
            self._trouble = None if phrase is None else self._banner(phrase, "warning")
            self.resume(status=status)

    def say(self, phrase: Phrase, *, status: str, tone: Tone = "warning") -> None:
        """Shows a line in place of the standing line until `resume` is called."""
        self._change(status, banner=self._banner(phrase, tone))

    def resume(self, *, status: str) -> None:
        """Shows the standing line again, or the trouble if there is one."""
        with self._lock:
            self._change(status, banner=self._trouble or self._standing)

    def show(self, card: Card, *, status: str) -> None:
        """Shows a card in place of the one before. After it the standing line, or the trouble, is shown."""
        with self._lock:
            self._card_since_s = self._monotonic()
            self._card_until_s = self._card_since_s + card.lasts_s
            self._change(status, card=card, banner=self._trouble or self._standing)

    def clear(self, card_id: str, *, status: str) -> None:
        """Removes a card before its time is over, if it is still shown."""
        with self._lock:
            if self._state.card is not None and self._state.card.id == card_id:
                self._change(status, card=None)

    def make_way(self) -> None:
        """Takes the choices off the card and lets it end after `LEAST_S`, since another person stands there."""
        with self._lock:
            self._card_until_s = min(self._card_until_s, self._card_since_s + LEAST_S)
            card = self._state.card
            if card is not None and card.choices:
                self._change(None, card=card.model_copy(update={"choices": ()}))

    def look(self, guide: Guide) -> None:
        """Shows where the face is and what it should do."""
        with self._lock:
            if guide == self._guide:
                return
            self._guide = guide
            self._notify(guide)

    def enrolling(self, enrolment: Enrolment | None) -> None:
        """Shows how far an enrolment is; None when there is none."""
        self._change(None, enrolment=enrolment)

    def tick(self, chips: Chips | None = None) -> None:
        """Shows the status of the kiosk, and removes a card whose time is over."""
        with self._lock:
            over = self._state.card is not None and self._monotonic() >= self._card_until_s
            changes: dict[str, Any] = {"card": None} if over else {}
            if chips is not None:
                changes["chips"] = chips
            if changes:
                self._change(None, **changes)

    def _banner(self, phrase: Phrase, tone: Tone) -> Banner:
        return Banner(key=phrase.key, title=self.words.say(phrase), help=self.words.help(phrase), tone=tone)

    def _change(self, status: str | None, **changes: Any) -> None:
        with self._lock:
            self._state = self._state.model_copy(update={"number": self._state.number + 1, **changes})
            self._notify(self._state)
        if status is not None:
            log.info("screen: %s", status)
            notify(f"STATUS={status}")

    def _notify(self, message: State | Guide) -> None:
        for listener in self._listeners:
            listener(message)
