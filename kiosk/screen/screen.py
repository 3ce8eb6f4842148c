"""The meeting point between the workers and whatever shows a screen."""

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
"""For so long a result stands at least, unless there is another."""

Listener = Callable[[State | Guide], None]


class Screen:
    """Holds what is shown. Any thread may change it; listeners are called in that thread and must not block.

    Log and systemd get `status` beside, which names nobody.
    """

    def __init__(self, words: Words | None = None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.words = words or Words()
        self._monotonic = monotonic
        self._turn = threading.RLock()
        self._listeners: list[Listener] = []
        self._standing = self._banner(Phrase("starting"), "plain")
        self._trouble: Banner | None = None
        self._state = State(banner=self._standing)
        self._card_since_s = self._card_until_s = 0.0
        self._guide = Guide()

    @property
    def state(self) -> State:
        """What is shown now."""
        with self._turn:
            return self._state

    @property
    def guide(self) -> Guide:
        """Where the face is now."""
        with self._turn:
            return self._guide

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Be told of every change from now on; what is returned ends that."""
        with self._turn:
            self._listeners.append(listener)

        def end() -> None:
            with self._turn:
                self._listeners.remove(listener)

        return end

    @property
    def watched(self) -> bool:
        """Whether anything shows it, so that people can be asked."""
        with self._turn:
            return bool(self._listeners)

    def stand(self, line: Phrase, *, status: str) -> None:
        """Show the line that holds while nobody stands there."""
        with self._turn:
            self._standing = self._banner(line, "plain")
            self.resume(status=status)

    def trouble(self, line: Phrase | None, *, status: str) -> None:
        """Show a line in its place while something is broken, whatever is shown between; None once it is not."""
        with self._turn:
            self._trouble = None if line is None else self._banner(line, "warning")
            self.resume(status=status)

    def say(self, line: Phrase, *, status: str, tone: Tone = "warning") -> None:
        """Show a line in its place until the screen resumes."""
        self._change(status, banner=self._banner(line, tone))

    def resume(self, *, status: str) -> None:
        """Show the standing line again, or the trouble that there is."""
        with self._turn:
            self._change(status, banner=self._trouble or self._standing)

    def show(self, card: Card, *, status: str) -> None:
        """Show what became of a visit, in place of the card before; the standing line is what comes after it."""
        with self._turn:
            self._card_since_s = self._monotonic()
            self._card_until_s = self._card_since_s + card.lasts_s
            self._change(status, card=card, banner=self._trouble or self._standing)

    def clear(self, card_id: str, *, status: str) -> None:
        """Take a card away before its time, if it is still there."""
        with self._turn:
            if self._state.card is not None and self._state.card.id == card_id:
                self._change(status, card=None)

    def make_way(self) -> None:
        """Another person stands there: the card asks nothing any more, and stays for as long as every result must."""
        with self._turn:
            self._card_until_s = min(self._card_until_s, self._card_since_s + LEAST_S)
            card = self._state.card
            if card is not None and card.choices:
                self._change(None, card=card.model_copy(update={"choices": ()}))

    def look(self, guide: Guide) -> None:
        """Show where the face is and what it should do."""
        with self._turn:
            if guide == self._guide:
                return
            self._guide = guide
            self._tell(guide)

    def enrolling(self, enrolment: Enrolment | None) -> None:
        """Show how far an enrolment is; None when there is none."""
        self._change(None, enrolment=enrolment)

    def tick(self, chips: Chips | None = None) -> None:
        """Show how the kiosk is doing, and take away a card whose time is over."""
        with self._turn:
            over = self._state.card is not None and self._monotonic() >= self._card_until_s
            changes: dict[str, Any] = {"card": None} if over else {}
            if chips is not None:
                changes["chips"] = chips
            if changes:
                self._change(None, **changes)

    def _banner(self, line: Phrase, tone: Tone) -> Banner:
        return Banner(key=line.key, title=self.words.say(line), help=self.words.help(line), tone=tone)

    def _change(self, status: str | None, **changes: Any) -> None:
        with self._turn:
            self._state = self._state.model_copy(update={"number": self._state.number + 1, **changes})
            self._tell(self._state)
        if status is not None:
            log.info("screen: %s", status)
            notify(f"STATUS={status}")

    def _tell(self, message: State | Guide) -> None:
        for listener in self._listeners:
            listener(message)
