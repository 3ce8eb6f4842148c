"""When the receiver asks for a gap, with simulated instants."""

import itertools

from central.receiver import GapRequests
from central.store.gaps import Gap


def test_only_a_gap_that_stays_is_asked_for_and_ever_more_rarely() -> None:
    asking = GapRequests()
    asked = [second for second in range(2000) if asking.due("lobby", Gap(4, 5), second)]
    assert asked[:4] == [2, 6, 14, 30]
    assert max(after - before for before, after in itertools.pairwise(asked)) == 600


def test_one_that_closes_in_time_is_not() -> None:
    asking = GapRequests()
    assert not asking.due("lobby", Gap(4, 5), 0)
    assert not asking.due("lobby", Gap(9, 9), 1.5)
    assert asking.overdue(3) == []
    assert asking.overdue(4) == ["lobby"]
    assert not asking.due("lobby", None, 4)
    assert asking.overdue(9) == []
