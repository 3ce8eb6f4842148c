"""Somebody who reads the screen."""

from kiosk.screen import Card, Guide, Phrase, Screen, State, Words


def words(key: str) -> str:
    """A phrase of the catalogue."""
    return Words().say(Phrase(key))


def card_text(card: Card) -> str:
    """Everything a card says, in one line."""
    parts = [card.title, card.text, *card.notes, card.receipt or ""]
    return " · ".join(part for part in parts if part)


class Reader:
    """Notes each line that takes the banner's place."""

    def __init__(self, screen: Screen) -> None:
        self._last: str | None = None
        screen.listen(self._see)

    def _see(self, message: State | Guide) -> None:
        if isinstance(message, State):
            self._last = message.banner.title

    def take(self) -> str | None:
        """The newest line that was not taken yet."""
        last, self._last = self._last, None
        return last
