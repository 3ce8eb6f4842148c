"""A one-slot mailbox between threads: the newest value wins, older ones are dropped."""

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Latest(Generic[T]):
    """Holds the newest value of a stream. Any thread may put and get; one thread takes."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._value: T | None = None
        self._fresh = False
        self._closed = False

    def put(self, value: T) -> None:
        """Replaces the value, whether it was taken or not."""
        with self._changed:
            self._value, self._fresh = value, True
            self._changed.notify_all()

    def get(self) -> T | None:
        """Returns the newest value, however often it was read, or None when there never was one."""
        with self._changed:
            return self._value

    def take(self, timeout_s: float) -> T | None:
        """Waits for a value that was not taken yet and returns it; None after `timeout_s` seconds or once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._fresh or self._closed, timeout_s)
            if self._closed or not self._fresh:
                return None
            self._fresh = False
            return self._value

    def clear(self) -> None:
        """Drops the value, whether it was taken or not."""
        with self._changed:
            self._value, self._fresh = None, False

    def close(self) -> None:
        """Ends the wait of the thread that takes. From now on `take` returns None."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
