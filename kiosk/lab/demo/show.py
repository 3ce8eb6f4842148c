"""The parts of the demo: walk-ups before a real daemon, and a subscriber to its entries at a real broker."""

import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk.app import parts
from kiosk.enrolment.shots import shots_from_photos
from kiosk.people import Details
from kiosk.runtime.errors import KioskError
from kiosk.settings import Settings
from sync.contract import Draft, Enrolled, EnrolledDetail
from sync.mqtt.listener import Received, Rejected, listen

PERSON, NAME = "11111111-0000-4000-8000-000000000001", "Ibu Contoh"
KNOWN, STRANGER = "photo-grace-hopper", "photo-astronaut"
_WALK = "person:{photo}?seconds={seconds}&blink=3&fps=15&seed={seed}&realtime=1"
_ANSWERS_S, _LEAVES_S = 8, 4
"""Seconds of a walk-up. An enrolled person stays until the challenge is done, a stranger until they are refused."""

_REFUSALS = ("unknown_face", "spoof_suspected", "challenge_failed", "quality_refused")
_READY_S = 60.0
_SILENCE_S = 120.0
"""Seconds without any arrival after which the demo fails: several times a start or a visit on a slow machine."""


def walk_url(photo: Path, number: int, *, known: bool) -> str:
    """The camera URL of one synthetic walk-up."""
    return _WALK.format(photo=photo, seed=number, seconds=_ANSWERS_S if known else _LEAVES_S)


def enrol(settings: Settings, photo: Path) -> None:
    """Enrol the demo's person from a photo, and record it in the ledger."""
    with parts.pipeline(settings) as pipeline, parts.people(settings) as people, parts.ledger(settings) as ledger:
        shots, model = shots_from_photos([photo], pipeline), pipeline.embedder.model
        moment = parts.clock(settings, ledger.last_at).moment()
        people.put(PERSON, Details(name=NAME), model, shots, moment.at)
        body = Enrolled(detail=EnrolledDetail(person=PERSON, templates=len(shots), model=model))
        ledger.append(Draft(body, moment))


@contextmanager
def subscriber(settings: Settings) -> Iterator["queue.SimpleQueue[Received]"]:
    """A subscriber with its own connection. Yields a queue of the entries that arrive.

    Raises KioskError when the broker does not confirm the subscription.
    """
    arrivals: queue.SimpleQueue[Received] = queue.SimpleQueue()
    stop, ready = threading.Event(), threading.Event()

    def work() -> None:
        for arrival in listen(settings.broker, settings.kiosk.topic_root, stop, ready):
            if isinstance(arrival, Rejected):
                raise KioskError(f"the broker delivered what is not an entry: {arrival.reason}")
            arrivals.put(arrival)

    thread = threading.Thread(target=work, name="subscriber", daemon=True)
    thread.start()
    try:
        if not ready.wait(_READY_S):
            raise KioskError("the broker did not confirm the subscription")
        yield arrivals
    finally:
        stop.set()
        thread.join(5)


@contextmanager
def daemon(config: Path, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run `kiosk run` as a child process, with its log in a file."""
    with log.open("wb") as file:
        child = subprocess.Popen([sys.executable, "-m", "kiosk", "run", "--config", str(config)], stderr=file)
        try:
            yield child
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait(_READY_S)


def visits(arrivals: "queue.SimpleQueue[Received]", child: "subprocess.Popen[bytes]") -> Iterator[Received]:
    """The entries of visits as they arrive, until the camera has no more people.

    Raises KioskError when the daemon ends, or when nothing arrives for `_SILENCE_S`.
    """
    heard_s = time.monotonic()
    while time.monotonic() < heard_s + _SILENCE_S:
        try:
            arrival = arrivals.get(timeout=0.2)
        except queue.Empty:
            if child.poll() is not None:
                raise KioskError(f"the daemon ended with status {child.returncode}") from None
            continue
        heard_s = time.monotonic()
        if arrival.entry.kind == "record" or arrival.entry.body.type in _REFUSALS:
            yield arrival
        elif arrival.entry.body.type == "camera_lost":  # the queue of people has ended
            return
    raise KioskError(f"nothing arrived for {_SILENCE_S:.0f} s")
