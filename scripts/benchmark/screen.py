"""The screen beside a running recognition: the delay of pictures and states at the page, and its CPU cost."""

import hashlib
import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from camera import Frame, open_camera
from kiosk.app import parts
from kiosk.lab.demo.broker import free_port
from kiosk.recognition.guidance import guide_of
from kiosk.runtime.mailbox import Latest
from kiosk.runtime.worker import Failure
from kiosk.screen import Phrase, Screen
from kiosk.settings import Settings
from kiosk.web import server
from kiosk.web.actions import NullActions
from kiosk.web.preview import Picture, Preview
from kiosk.web.security import SessionAuth
from kiosk.web.settings import ScreenSettings
from scripts.benchmark.timing import Timing, summary

_CHANGE_EVERY_S: Final = 0.2
_START_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Shown:
    """The age of pictures and states when they reach the page, and CPU seconds per second of the threads that serve
    it."""

    picture: Timing
    state: Timing
    cpu: float


class _Kiosk:
    """A recognition of a film, whose guide and pictures are served. Each method is the work of one thread."""

    def __init__(self, settings: Settings, film: Path) -> None:
        self.screen = Screen()
        self.preview = Preview(settings.screen.preview_fps)
        self.pictures: dict[str, float] = {}
        self._settings = settings
        self._film = film
        self._frames: Latest[Frame] = Latest()

    def film(self, stop: threading.Event) -> None:
        with open_camera(f"file:{self._film}?loop=1&realtime=1") as camera:
            while not stop.is_set() and (frame := camera.read()) is not None:
                self._frames.put(frame)
                self.preview.frames.put(frame)

    def recognise(self, stop: threading.Event) -> None:
        with parts.pipeline(self._settings) as pipeline, parts.people(self._settings) as people:
            recognition = parts.stored_recognition(self._settings, pipeline, people, "off")
            while not stop.is_set():
                frame = self._frames.take(0.5)
                if frame is not None:
                    recognition.process(frame)
                    size = frame.image.shape[1], frame.image.shape[0]
                    seen = recognition.doing, recognition.analysis, size, recognition.asked, recognition.progress
                    self.screen.look(guide_of(*seen, self.screen.words))

    def keep(self, picture: Picture) -> None:
        self.pictures[hashlib.sha256(picture.jpeg).hexdigest()] = picture.at_s


def shown(settings: Settings, film: Path, seconds: float) -> Shown:
    """Serve a page for `seconds` while people come and go in a film of 30 frames a second."""
    page = settings.screen.model_copy(update={"port": free_port()})
    kiosk, stop, failures = _Kiosk(settings, film), threading.Event(), list[Failure]()
    data = settings.kiosk.data_dir
    serving = server.workers(page, data, kiosk.screen, kiosk.preview, NullActions(kiosk.screen.words))
    working = [threading.Thread(target=each, args=(stop,)) for each in (kiosk.film, kiosk.recognise)]
    for worker in serving:
        worker.start(failures.append)
    for thread in working:
        thread.start()
    try:
        return _watched(kiosk, page, data, seconds)
    finally:
        stop.set()
        for thread in working:
            thread.join()
        for worker in reversed(serving):
            worker.stop()
            worker.join(5)
        if failures:
            raise RuntimeError(f"the screen failed: {failures[0].error}")


def _watched(kiosk: _Kiosk, page: ScreenSettings, data: Path, seconds: float) -> Shown:
    auth = SessionAuth.of(data)
    cookie = f"kiosk_session={auth.enter(auth.url(page.port).partition('#')[2])}"
    command = [sys.executable, "-m", "scripts.benchmark.page", str(page.port), cookie, str(seconds + _START_S)]
    unwatch = kiosk.preview.watch(kiosk.keep)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        time.sleep(_START_S)
        before_s, began_s, states = _cpu_s(), time.monotonic(), _changes(kiosk.screen, seconds)
        cpu = (_cpu_s() - before_s) / (time.monotonic() - began_s)
        written = child.communicate(timeout=seconds + 30)[0]
    unwatch()
    arrived = json.loads(written)
    return Shown(_ages(kiosk.pictures, arrived["pictures"]), _ages(states, arrived["states"]), round(cpu, 4))


def _changes(screen: Screen, seconds: float) -> dict[str, float]:
    """Change the state every `_CHANGE_EVERY_S`. Returns when each state's number was given."""
    changed: dict[str, float] = {}
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        at_s = time.monotonic()
        screen.stand(Phrase("idle"), status="ready")
        changed[str(screen.state.number)] = at_s
        time.sleep(_CHANGE_EVERY_S)
    return changed


def _ages(sent: dict[str, float], arrived: dict[str, float]) -> Timing:
    ages_s = [arrived[name] - at_s for name, at_s in sent.items() if name in arrived]
    if len(ages_s) < len(arrived) / 2 or not ages_s:
        raise RuntimeError(f"of {len(sent)} that were sent, {len(ages_s)} arrived: the page was not served")
    return summary(ages_s)


def _cpu_s() -> float:
    """CPU seconds so far of the threads that serve the page."""
    serving = {"web", "preview"}
    ids = [thread.native_id for thread in threading.enumerate() if thread.name in serving]
    if len(ids) != len(serving):
        raise RuntimeError(f"of the threads {serving} only {len(ids)} are there: their cost cannot be measured")
    return sum(_thread_cpu_s(number) for number in ids if number is not None)


def _thread_cpu_s(number: int) -> float:
    nanoseconds = Path(f"/proc/self/task/{number}/schedstat").read_text("ascii").split()[0]
    return int(nanoseconds) / 1e9
