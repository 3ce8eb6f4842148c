"""One presentation before a kiosk, and what came of it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from camera import Camera, open_camera
from camera.frame import MeshOf
from kiosk.errors import PhotoError
from kiosk.padtest.presentations import Presentation
from kiosk.rules.outcome import Outcome

Watch = Callable[[Camera], Iterator[Outcome]]
"""A kiosk that has seen nobody yet, before a source: the outcomes of its visits as they come."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A presentation, whether it was accepted, and the seconds of video from its first good frame to the decision."""

    presentation: Presentation
    accepted: bool
    decided_s: float


def present(presentation: Presentation, watch: Watch, mesh_of: MeshOf) -> Trial:
    """Let a kiosk watch a presentation until it decides. To identify somebody else decides nothing.

    PhotoError names a presentation that cannot be drawn.
    """
    try:
        with open_camera(presentation.url, mesh_of=mesh_of) as camera:
            return judge(presentation, watch(camera))
    except PhotoError as error:
        raise PhotoError(f"{presentation.url} cannot be presented: {error}") from error


def judge(presentation: Presentation, outcomes: Iterable[Outcome]) -> Trial:
    """What the outcomes of visits say of a presentation; no outcome is a refusal."""
    for outcome in outcomes:
        if outcome.kind != "identified":
            return Trial(presentation, accepted=False, decided_s=outcome.decided_s)
        if outcome.nearest is not None and presentation.person in {None, outcome.nearest.person}:
            return Trial(presentation, accepted=True, decided_s=outcome.decided_s)
    return Trial(presentation, accepted=False, decided_s=0.0)
