"""What people at the kiosk are told and asked: typed messages, the catalogue of phrases, and the shared state."""

from kiosk.screen.catalogue import Language, Phrase, Words, clock_time
from kiosk.screen.screen import Screen
from kiosk.screen.state import Banner, Card, Chips, Choice, Guide, State, Tone

__all__ = [
    "Banner",
    "Card",
    "Chips",
    "Choice",
    "Guide",
    "Language",
    "Phrase",
    "Screen",
    "State",
    "Tone",
    "Words",
    "clock_time",
]
