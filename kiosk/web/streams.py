"""Open streams to pages, and the screen's state as server-sent events (HTML Standard, 9.2)."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Final

from kiosk.screen import Guide, Screen, State

_MOST: Final = 8
"""The most streams that may be open at a time."""

BEAT_S: Final = 1.0
"""The time between two heartbeats. A page that gets nothing for twice as long shows that the daemon is away."""

_BEAT: Final = b": beat\nevent: beat\ndata: {}\n\n"  # a comment alone does not reach the script of the page
_RETRY: Final = b"retry: 500\n\n"


class Stream:
    """One open response. Any thread may call `wake` while the loop runs; the rest belongs to the loop's thread."""

    def __init__(self) -> None:
        self.ended = False
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()

    def wake(self, _news: object = None) -> None:
        """Ends the wait of the stream. Does not block."""
        self._loop.call_soon_threadsafe(self._woken.set)

    async def wait(self, timeout_s: float) -> None:
        """Waits for `wake`, `timeout_s` seconds at most. A call between two waits ends the second wait at once."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._woken.wait()
        self._woken.clear()


class Streams:
    """The open streams of one event loop, which end together."""

    def __init__(self) -> None:
        self._open: set[Stream] = set()
        self._ended = False

    @property
    def full(self) -> bool:
        """Whether the most streams are open."""
        return len(self._open) >= _MOST

    @contextmanager
    def opened(self) -> Iterator[Stream]:
        """Opens a stream for the duration of the block."""
        stream = Stream()
        stream.ended = self._ended
        self._open.add(stream)
        try:
            yield stream
        finally:
            self._open.discard(stream)

    def end(self) -> None:
        """Ends all streams, also those that are opened later."""
        self._ended = True
        for stream in self._open:
            stream.ended = True
            stream.wake()


async def events(screen: Screen, streams: Streams) -> AsyncIterator[bytes]:
    """Yields state and guide at once, then each when it changes, and a heartbeat every second.

    A slow page gets only the latest of several changes.
    """
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
    return (
        f"event: {name}\ndata: {message.model_dump_json()}\n\n".encode()
    )  # pydantic writes JSON as one line, as an event requires
