"""What somebody should do while they stand there: the frame around the face, and a hint."""

from typing import Final

from camera import Prompt
from kiosk.recognition.pipeline import FrameAnalysis
from kiosk.recognition.visit import Doing
from kiosk.screen.catalogue import Phrase, Words
from kiosk.screen.state import Guide
from models.face import Box
from models.liveness.actions import Action

Size = tuple[int, int]
"""Width and height in pixels."""

_NOBODY: Final = Guide()


def guide_of(
    at: Doing, analysis: FrameAnalysis | None, size: Size, asked: Action | None, progress: float, words: Words
) -> Guide:
    """What to show of the face that was seen last in a picture of `size`; `progress` is how far, 0 to 1, what it does
    has gone."""
    if analysis is None or at == "nobody" or analysis.observation.box is None:
        return _NOBODY
    box = _shares(analysis.observation.box, size)
    if at == "decided":
        return Guide(box=box)
    if asked is not None and progress >= 1:
        asked = Action.HOLD  # it is done: what is left is to look ahead again
    key = _key(at, analysis, asked)
    return Guide(
        box=box, key=key, hint=words.say(Phrase(key)), asked=None if asked is None else asked.value, progress=progress
    )


def guide_to(phrase: str | None, asked: Prompt | None, analysis: FrameAnalysis, size: Size, words: Words) -> Guide:
    """What to show of somebody who is being enrolled, and told a phrase."""
    if analysis.observation.box is None or phrase is None:
        return _NOBODY
    return Guide(box=_shares(analysis.observation.box, size), key=phrase, hint=words.say(Phrase(phrase)), asked=asked)


def _key(at: Doing, analysis: FrameAnalysis, asked: Action | None) -> str:
    if asked is not None:
        return asked.value
    if analysis.observation.reasons:
        return str(analysis.observation.reasons[0])
    return "steady" if at == "gathering" else "processing"


def _shares(box: Box, size: Size) -> tuple[float, float, float, float]:
    """Of the picture's width and height, rounded: the page is not told of every tremble."""
    width, height = size
    return (
        round(box.x0 / width, 3),
        round(box.y0 / height, 3),
        round(box.width / width, 3),
        round(box.height / height, 3),
    )
