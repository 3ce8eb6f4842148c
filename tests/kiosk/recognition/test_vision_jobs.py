"""Work for the vision thread: done in it, answered to who asked, never waited for without end."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from camera import Frame
from kiosk.recognition.pipeline import Looker
from kiosk.recognition.vision_jobs import Booth, BusyError, Errands, NotDoneError
from kiosk.runtime.errors import PhotoError

BOOTH = Booth(None, None, None)  # type: ignore[arg-type]  # these errands look at nothing


@contextmanager
def serving(errands: Errands) -> Iterator[threading.Thread]:
    stop = threading.Event()

    def serve() -> None:
        while not stop.wait(0.001):
            errands.serve(BOOTH)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join()


def test_an_errand_is_done_in_the_thread_that_serves() -> None:
    errands = Errands()
    with serving(errands) as thread:
        assert errands.run(lambda _: threading.current_thread(), timeout_s=5) is thread


def test_what_goes_wrong_is_told_to_who_asked() -> None:
    errands = Errands()

    def job(_: Booth) -> None:
        raise PhotoError("no face")

    with serving(errands), pytest.raises(PhotoError, match="no face"):
        errands.run(job, timeout_s=5)


def test_nobody_waits_longer_than_they_want() -> None:
    errands, done = Errands(), []
    with pytest.raises(NotDoneError):
        errands.run(lambda _: done.append(1), timeout_s=0.01)
    errands.serve(BOOTH)
    assert not done, "what nobody waits for any more must not be done"


def test_the_end_wakes_who_waits() -> None:
    errands = Errands()
    threading.Timer(0.05, errands.close).start()
    with pytest.raises(NotDoneError):
        errands.run(lambda _: None, timeout_s=60)
    with pytest.raises(NotDoneError):
        errands.run(lambda _: None, timeout_s=60)


class _Sitter:
    def __init__(self, frames: int) -> None:
        self.left, self.stopped = frames, False

    def see(self, _looker: Looker, _frame: Frame | None) -> bool:
        self.left -= 1
        return self.left > 0

    def stop(self) -> None:
        self.stopped = True


def test_one_sitting_at_a_time() -> None:
    errands = Errands()
    errands.sit(_Sitter(2))
    with pytest.raises(BusyError):
        errands.sit(_Sitter(2))
    for _ in range(2):
        errands.see(BOOTH.looker, None)
    last = _Sitter(9)
    errands.sit(last)
    errands.close()
    assert last.stopped
    assert errands.sitting is None
