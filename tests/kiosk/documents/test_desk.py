"""The desk's turns: it takes one thing at a time, and what could not be done is done at a later one."""

import threading

from sync.news import Message
from tests.agency import Agency
from tests.kiosk.documents.bench import Bench


def test_its_heart_beats_between_two_documents(bench: Bench, agency: Agency) -> None:
    """Each may take seconds on a small device, and the watchdog waits for ten."""
    for version in (1, 2, 3):
        bench.desk.heard(Message(bench.topics.policy, agency.policy(version)))
    stop, seen = threading.Event(), list[int]()

    def beat() -> None:
        policy = bench.desk.policy()
        seen.append(0 if policy is None else policy.version)
        if seen[-1] == 3:
            stop.set()

    bench.desk.run(stop, beat)
    assert seen == [0, 1, 2, 3]
