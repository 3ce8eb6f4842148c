"""The outbox and the token bucket, with simulated instants."""

from sync.documents.receipt import Receipt
from sync.ledger import Stored
from sync.mqtt.outbox import UNRECEIPTED, Outbox
from sync.mqtt.parcel_outbox import TokenBucket
from tests.sync.helpers import KIOSK, UNIT


class Waiting:
    """Return the `waiting` function of a ledger of `count` entries, of which `done` are delivered."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.done: set[int] = set()

    def __call__(self, limit: int, after: int) -> list[Stored]:
        return [Stored(seq, b"") for seq in range(after + 1, self.count + 1) if seq not in self.done][:limit]


def sent(outbox: Outbox, waiting: Waiting, limit: int, now_s: float) -> list[int]:
    return [entry.seq for entry in outbox.next(waiting, limit, now_s)]


def receipt(through_seq: int, *also: int) -> Receipt:
    return Receipt(kiosk=KIOSK, unit=UNIT, through_seq=through_seq, also=also)


def test_each_goes_once_oldest_first() -> None:
    outbox, waiting = Outbox(600), Waiting(10)
    assert sent(outbox, waiting, 4, 0) == [1, 2, 3, 4]
    assert sent(outbox, waiting, 0, 0) == []
    assert sent(outbox, waiting, 100, 1) == [5, 6, 7, 8, 9, 10]
    assert sent(outbox, waiting, 100, 2) == []
    waiting.count = 11
    assert sent(outbox, waiting, 100, 3) == [11]


def test_what_has_no_receipt_in_time_goes_again_oldest_first() -> None:
    outbox, waiting = Outbox(600), Waiting(6)
    assert sent(outbox, waiting, 3, 0) == [1, 2, 3]
    assert sent(outbox, waiting, 9, 100) == [4, 5, 6]
    outbox.receipted(receipt(1), 200)
    waiting.done = {1}
    assert sent(outbox, waiting, 9, 599) == []
    assert sent(outbox, waiting, 9, 600) == [2, 3], "4 to 6 are on their way"
    assert sent(outbox, waiting, 9, 700) == [4, 5, 6]


def test_the_broker_is_no_store() -> None:
    outbox, waiting = Outbox(600), Waiting(3 * UNRECEIPTED)
    assert len(sent(outbox, waiting, 9999, 0)) == UNRECEIPTED
    assert sent(outbox, waiting, 9999, 1) == []
    outbox.receipted(receipt(10), 2)
    waiting.done = set(range(1, 11))
    assert sent(outbox, waiting, 9999, 3) == [*range(UNRECEIPTED + 1, UNRECEIPTED + 11)]


def test_what_a_receipt_leaves_out_goes_again_unless_it_just_went() -> None:
    outbox, waiting = Outbox(600), Waiting(6)
    sent(outbox, waiting, 3, 0)
    sent(outbox, waiting, 9, 8)
    outbox.receipted(receipt(1, 3, 6), 9)
    waiting.done = {1, 3, 6}
    assert sent(outbox, waiting, 9, 9) == [2], "4 and 5 may have crossed the receipt"


def test_what_was_refused_holds_nothing_up_and_is_tried_again() -> None:
    outbox, waiting = Outbox(600), Waiting(2 * UNRECEIPTED)
    sent(outbox, waiting, 9999, 0)
    for seq in range(1, UNRECEIPTED + 1):
        outbox.refused(seq)
    assert sent(outbox, waiting, 1, 1) == [UNRECEIPTED + 1]
    assert sent(outbox, waiting, 1, 600) == [1]


def test_a_rewind_sends_the_range_again_and_no_other() -> None:
    outbox, waiting = Outbox(600), Waiting(9)
    sent(outbox, waiting, 9, 0)
    outbox.rewind(3, 5)
    assert sent(outbox, waiting, 2, 1) == [3, 4]
    assert sent(outbox, waiting, 9, 1) == [5]


def test_the_first_few_go_at_once_and_the_rest_when_it_is_time() -> None:
    pace = TokenBucket(rate_per_s=100, first=20, fills_from_s=10)
    assert pace.available(0) == 20
    pace.take(20)
    assert pace.available(9.9) == 0
    assert pace.available(10.25) == 25
    assert pace.available(60) == 100, "never more than a second's worth"


def test_the_rate_is_kept() -> None:
    pace, went = TokenBucket(rate_per_s=30, first=1, fills_from_s=0), 0
    for turn in range(1, 401):
        now = pace.available(turn / 4)
        pace.take(now)
        went += now
    assert 2950 <= went <= 3001
