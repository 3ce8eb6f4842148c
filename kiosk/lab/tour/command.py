"""`kiosk screen --demo`: the page with every state in turn, without camera or kiosk."""

import tempfile
from pathlib import Path

from kiosk.console import say
from kiosk.lab.tour.tour import Tour, TourActions
from kiosk.runtime.supervisor import supervise
from kiosk.runtime.worker import Worker
from kiosk.screen import Screen, Words
from kiosk.web import server
from kiosk.web.preview import Preview
from kiosk.web.security import SessionAuth
from kiosk.web.settings import ScreenSettings


def show_tour(settings: ScreenSettings, seconds: float, step: str | None) -> int:
    """Serve the tour until Ctrl-C, `seconds` a state, or the state `step` alone; returns the exit code.

    Raises UsageError for a `step` that the tour does not have.
    """
    words = Words(settings.language)
    shown, preview = Screen(words), Preview(settings.preview_fps)
    tour = Tour(shown, preview.frames.put, seconds, step)
    with tempfile.TemporaryDirectory(prefix="kiosk-tour-") as name:
        folder = Path(name)
        say(f"a tour of {len(tour.steps)} states; nothing is recorded, any NIP and PIN will do. Ctrl-C ends it. Open")
        print(SessionAuth.of(folder).url(settings.port), flush=True)
        parts = server.workers(settings, folder, shown, preview, TourActions(tour, words))
        return supervise([*parts, Worker("tour", tour.run)])
