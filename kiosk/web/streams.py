"""Answers that stay open, woken by the threads of the daemon."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

_MOST: Final = 8


class Stream:
    """One open answer. Any thread may wake it while its loop runs; the rest is for the loop's own."""

    def __init__(self) -> None:
        self.ended = False
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()

    def wake(self, _news: object = None) -> None:
        """Let it look again. Does not block."""
        self._loop.call_soon_threadsafe(self._woken.set)

    async def wait(self, timeout_s: float) -> None:
        """Wait to be woken, `timeout_s` seconds at most. What wakes it between two waits ends the second at once."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._woken.wait()
        self._woken.clear()


class Streams:
    """All that are open, of one loop: they end together."""

    def __init__(self) -> None:
        self._open: set[Stream] = set()
        self._ended = False

    @property
    def full(self) -> bool:
        """Whether more are open than a kiosk has pages for."""
        return len(self._open) >= _MOST

    @contextmanager
    def opened(self) -> Iterator[Stream]:
        """One more, until its block is left."""
        stream = Stream()
        stream.ended = self._ended
        self._open.add(stream)
        try:
            yield stream
        finally:
            self._open.discard(stream)

    def end(self) -> None:
        """End all, those to come among them."""
        self._ended = True
        for stream in self._open:
            stream.ended = True
            stream.wake()
