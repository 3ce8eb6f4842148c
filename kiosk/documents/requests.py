"""Which documents are asked of the broker: manifest and policy always, a person's only when it is missing.

A roster with photos is many megabytes, and a kiosk may connect many times a day: what it has already is not sent again.
"""

from collections.abc import Callable, Sequence
from typing import Final

from sync.delivery.downlink import Line, Subscription
from sync.news import Message
from sync.topics import Topics

_AT_ONCE: Final = 20
"""People who are asked for at a time: so much has to have room in memory and in the broker's queue."""

_AGAIN_S: Final = 60.0
"""What has not come by then is asked for again."""


class Requests:
    """What is asked for on the connection of now: `documents` only where they can be judged. For one thread, except
    `missed`."""

    def __init__(self, topics: Topics, monotonic: Callable[[], float], *, documents: bool) -> None:
        self._documents = documents
        self.missed = False  # something was not taken in and has to come again
        self._topics = topics
        self._monotonic = monotonic
        self._line: Line | None = None
        self._asked_s: dict[str, float] = {}  # everybody who was asked for, and when
        self._open: set[str] = set()  # of those, who has not come yet
        self._begun_s = 0.0

    def begin(self, line: Line) -> None:
        """Ask anew, on a new connection or again."""
        self.missed = False
        self._line, self._begun_s = line, self._monotonic()
        self._asked_s.clear()
        self._open.clear()
        if not self._documents:
            return
        # Of people, only what is published from now on: the broker keeps everybody's document.
        people = Subscription(f"{self._topics.people}/+", retained=False)
        line.subscribe(people, Subscription(self._topics.policy), Subscription(self._topics.manifest))

    def again(self) -> None:
        """Ask again for all that the broker retains."""
        if self._line is not None:
            self.begin(self._line)

    def answer(self, request: Message, payload: bytes) -> None:
        """Answer a command on the connection of now."""
        if self._line is not None:
            self._line.answer(request, payload)

    def answered(self, person: str) -> None:
        """A document of that person came, good or not."""
        self._open.discard(person)

    def ask(self, missing: Callable[[], Sequence[str]]) -> None:
        """Ask for those who are missing, a few at a time, the longest waiting first."""
        if self._line is None:
            return
        now_s = self._monotonic()
        if self.missed and now_s - self._begun_s >= _AGAIN_S:
            self.again()
        wanted = {person: self._asked_s.get(person, float("-inf")) for person in missing()}
        due = sorted((person for person in wanted if now_s - wanted[person] >= _AGAIN_S), key=wanted.__getitem__)
        self._open = {person for person in self._open if person in wanted and person not in due}
        for person in due[: _AT_ONCE - len(self._open)]:
            self._asked_s[person] = now_s
            self._open.add(person)
            self._line.subscribe(Subscription(self._topics.person(person)))
