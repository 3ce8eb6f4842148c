import threading

from kiosk.runtime.mailbox import Latest


def test_get_gives_the_newest_again_and_again() -> None:
    latest = Latest[int]()
    assert latest.get() is None
    latest.put(1)
    latest.put(2)
    assert (latest.get(), latest.get()) == (2, 2)


def test_take_drops_the_old_and_gives_each_value_once() -> None:
    latest = Latest[int]()
    latest.put(1)
    latest.put(2)
    assert latest.take(0) == 2
    assert latest.take(0) is None
    latest.put(2)
    assert latest.take(0) == 2


def test_take_waits_for_another_thread() -> None:
    latest = Latest[str]()
    threading.Timer(0.05, latest.put, ["here"]).start()
    assert latest.take(10) == "here"


def test_close_wakes_the_taker_and_keeps_the_value_readable() -> None:
    latest = Latest[int]()
    threading.Timer(0.05, latest.close).start()
    assert latest.take(10) is None
    latest.put(3)
    assert latest.take(10) is None
    assert latest.get() == 3


def test_a_slow_taker_sees_rising_values_and_the_last_one() -> None:
    latest = Latest[int]()

    def produce() -> None:
        for number in range(1, 2001):
            latest.put(number)

    producer = threading.Thread(target=produce)
    producer.start()
    seen: list[int] = []
    while not seen or seen[-1] != 2000:
        value = latest.take(10)
        assert value is not None
        seen.append(value)
    producer.join()
    assert seen == sorted(set(seen))
