"""Open streams to pages, and the screen's state as server-sent events (HTML Standard, 9.2)."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Final

from kiosk.screen import Guide, Screen, State

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


BEAT_S: Final = 1.0
"""A page that hears nothing for twice as long knows that the daemon is away."""

_BEAT: Final = b": beat\nevent: beat\ndata: {}\n\n"  # a comment alone is not told to the page's script
_RETRY: Final = b"retry: 500\n\n"


async def events(screen: Screen, streams: Streams) -> AsyncIterator[bytes]:
    """State and guide at once, then each as it changes, and a beat every second. What changes while the page is slow
    is told as it is in the end."""
    loop = asyncio.get_running_loop()
    with streams.opened() as stream, ExitStack() as stack:
        stack.callback(screen.listen(stream.wake))
        yield _RETRY
        state: State | None = None
        guide: Guide | None = None
        beat_due_s = loop.time() + BEAT_S
        while not stream.ended:
            if (shown := screen.state) is not state:
                state = shown
                yield _event("state", state)
            if (seen := screen.guide) is not guide:
                guide = seen
                yield _event("guide", guide)
            if loop.time() >= beat_due_s:
                beat_due_s = loop.time() + BEAT_S
                yield _BEAT
            await stream.wait(max(0.0, beat_due_s - loop.time()))


def _event(name: str, message: State | Guide) -> bytes:
    return f"event: {name}\ndata: {message.model_dump_json()}\n\n".encode()  # JSON of pydantic is one line
