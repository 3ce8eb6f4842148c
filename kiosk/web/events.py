"""What the screen shows, as server-sent events (HTML Standard, 9.2): the whole state, whenever it changes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Final

from kiosk.screen import Guide, Screen, State
from kiosk.web.streams import Streams

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
