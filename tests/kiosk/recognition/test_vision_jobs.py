"""Work for the vision thread: done in it, answered to who asked, never waited for without end."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from camera import Frame
from kiosk.recognition.pipeline import FacePipeline
from kiosk.recognition.vision_jobs import BusyError, NotDoneError, VisionContext, VisionJobs
from kiosk.runtime.errors import PhotoError

BOOTH = VisionContext(None, None, None)  # type: ignore[arg-type]  # these jobs look at nothing


@contextmanager
def serving(jobs: VisionJobs) -> Iterator[threading.Thread]:
    stop = threading.Event()

    def serve() -> None:
        while not stop.wait(0.001):
            jobs.serve(BOOTH)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join()


def test_an_errand_is_done_in_the_thread_that_serves() -> None:
    jobs = VisionJobs()
    with serving(jobs) as thread:
        assert jobs.run(lambda _: threading.current_thread(), timeout_s=5) is thread


def test_what_goes_wrong_is_told_to_who_asked() -> None:
    jobs = VisionJobs()

    def job(_: VisionContext) -> None:
        raise PhotoError("no face")

    with serving(jobs), pytest.raises(PhotoError, match="no face"):
        jobs.run(job, timeout_s=5)


def test_nobody_waits_longer_than_they_want() -> None:
    jobs, done = VisionJobs(), []
    with pytest.raises(NotDoneError):
        jobs.run(lambda _: done.append(1), timeout_s=0.01)
    jobs.serve(BOOTH)
    assert not done, "what nobody waits for any more must not be done"


def test_the_end_wakes_who_waits() -> None:
    jobs = VisionJobs()
    threading.Timer(0.05, jobs.close).start()
    with pytest.raises(NotDoneError):
        jobs.run(lambda _: None, timeout_s=60)
    with pytest.raises(NotDoneError):
        jobs.run(lambda _: None, timeout_s=60)


class _Sitter:
    def __init__(self, frames: int) -> None:
        self.left, self.stopped = frames, False

    def see(self, _pipeline: FacePipeline, _frame: Frame | None) -> bool:
        self.left -= 1
        return self.left > 0

    def stop(self) -> None:
        self.stopped = True


def test_one_sitting_at_a_time() -> None:
    jobs = VisionJobs()
    jobs.begin(_Sitter(2))
    with pytest.raises(BusyError):
        jobs.begin(_Sitter(2))
    for _ in range(2):
        jobs.see(BOOTH.pipeline, None)
    last = _Sitter(9)
    jobs.begin(last)
    jobs.close()
    assert last.stopped
    assert jobs.session is None
