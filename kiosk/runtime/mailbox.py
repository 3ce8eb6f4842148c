"""A one-slot mailbox between threads: the newest value wins, older ones are dropped."""

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Latest(Generic[T]):
    """The newest value of a stream. Any thread may put and get; one thread takes."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._value: T | None = None
        self._fresh = False
        self._closed = False

    def put(self, value: T) -> None:
        """Replace the value, taken or not."""
        with self._changed:
            self._value, self._fresh = value, True
            self._changed.notify_all()

    def get(self) -> T | None:
        """The newest value, however often it was read, or None when there never was one."""
        with self._changed:
            return self._value

    def take(self, timeout_s: float) -> T | None:
        """Wait for a value that was not taken yet; None after `timeout_s` seconds or once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._fresh or self._closed, timeout_s)
            if self._closed or not self._fresh:
                return None
            self._fresh = False
            return self._value

    def clear(self) -> None:
        """Forget the value, taken or not."""
        with self._changed:
            self._value, self._fresh = None, False

    def close(self) -> None:
        """Wake the taker; from now on nothing can be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
