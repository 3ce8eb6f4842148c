"""Which documents are asked of the broker, and when."""

import pytest

from kiosk.agency.worker import DocumentRequests
from sync.contract.topics import DEFAULT_ROOT, Topics
from sync.mqtt.broker import IncomingMessage
from sync.mqtt.downlink import Subscription

TOPICS = Topics(DEFAULT_ROOT, "u-1", "k-1")
PEOPLE = [f"p-{number}" for number in range(50)]


class Wire:
    """A downlink channel that notes what is asked for."""

    def __init__(self) -> None:
        self.asked: list[Subscription] = []
        self.now_s = 1000.0

    def subscribe(self, *subscriptions: Subscription) -> None:
        self.asked += subscriptions

    def answer(self, request: IncomingMessage, payload: bytes) -> None:
        raise AssertionError(f"nobody asked: {request} {payload!r}")

    def people(self) -> list[str]:
        """Returns the people who were asked for since the last call."""
        base = f"{TOPICS.people}/"
        found = [asked.topic.removeprefix(base) for asked in self.asked if asked.retained and base in asked.topic]
        self.asked.clear()
        return found


@pytest.fixture
def wire() -> Wire:
    return Wire()


def requests(wire: Wire, *, documents: bool = True) -> DocumentRequests:
    made = DocumentRequests(TOPICS, lambda: wire.now_s, documents=documents)
    made.begin(wire)
    return made


def test_manifest_and_policy_are_asked_for_and_of_people_only_what_is_new(wire: Wire) -> None:
    requests(wire)
    assert wire.asked == [
        Subscription(f"{TOPICS.people}/+", retained=False),
        Subscription(TOPICS.policy),
        Subscription(TOPICS.manifest),
    ]


def test_without_the_agencys_key_nothing_is_asked_for(wire: Wire) -> None:
    requests(wire, documents=False)
    assert wire.asked == []


def test_people_are_asked_for_a_few_at_a_time(wire: Wire) -> None:
    made, missing = requests(wire), list(PEOPLE)
    made.ask(lambda: missing)
    first = wire.people()
    assert len(first) == 20
    made.ask(lambda: missing)
    assert wire.people() == []
    for person in first[:5]:
        missing.remove(person)
        made.answered(person)
    made.ask(lambda: missing)
    assert len(wire.people()) == 5


def test_one_who_does_not_come_is_asked_for_again_but_lets_the_others_pass(wire: Wire) -> None:
    made = requests(wire)
    made.ask(lambda: PEOPLE)
    first = wire.people()
    for person in first:  # each came and was refused
        made.answered(person)
    made.ask(lambda: PEOPLE)
    second = wire.people()
    assert len(second) == 20
    assert not set(first) & set(second)
    wire.now_s += 60
    made.ask(lambda: PEOPLE)
    third = wire.people()
    assert set(PEOPLE) - set(first) - set(second) < set(third), "those who were never asked for go first"


def test_what_was_missed_is_asked_for_again_after_a_while(wire: Wire) -> None:
    made = requests(wire)
    wire.asked.clear()
    made.missed = True
    made.ask(list)
    assert wire.asked == []
    wire.now_s += 60
    made.ask(list)
    assert Subscription(TOPICS.manifest) in wire.asked
    assert not made.missed
