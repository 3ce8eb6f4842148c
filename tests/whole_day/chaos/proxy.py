"""A network that can fail: a TCP proxy on loopback between a client and the broker."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Self

from kiosk.lab.demo.broker import LOOPBACK, free_port

_CHUNK = 4096
_SLOW_S = 0.4
"""What a slow network waits before each piece, of so many bytes at most."""
_SLOW_CHUNK = 256


class Proxy:
    """Carries what comes to its `port` on to another port of this machine. Its methods may be called by any thread."""

    def __init__(self, onward: int) -> None:
        self.port = free_port()
        self._onward = onward
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy {self.port}")
        self._server: asyncio.Server | None = None
        self._carried: dict[asyncio.Task[None], list[asyncio.StreamWriter]] = {}
        self._dead: set[asyncio.StreamWriter] = set()
        self._refuses = False
        self._slow = False

    def cut(self) -> None:
        """End every connection and accept none, until `mend`."""
        self._refuses = True
        self._do(self._end_all())

    def half_open(self) -> None:
        """Swallow what the connections of this moment carry, both ways, without ending them; new ones work."""
        self._dead |= {writer for writers in self._carried.values() for writer in writers}

    def slow(self) -> None:
        """Carry everything in small pieces with a pause before each, until `mend`."""
        self._slow = True

    def mend(self) -> None:
        """Work again; connections that swallow are ended, as by a router that has forgotten them."""
        self._refuses = self._slow = False
        self._do(self._end_all(only=self._dead))
        self._dead = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._carry, LOOPBACK, self.port)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        await self._end_all()

    async def _end_all(self, only: set[asyncio.StreamWriter] | None = None) -> None:
        ending = [task for task, writers in self._carried.items() if only is None or only & set(writers)]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        writers = self._carried[task] = [writer]
        try:
            if not self._refuses:
                there, back = await asyncio.open_connection(LOOPBACK, self._onward)
                writers.append(back)
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._pump(reader, back))
                    both.create_task(self._pump(there, writer))
        except* (OSError, _Ended, asyncio.CancelledError):
            pass  # the end of a connection, which both sides are told of now
        finally:
            for end in writers:
                end.transport.abort()
            del self._carried[task]

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while piece := await source.read(_SLOW_CHUNK if self._slow else _CHUNK):
            if self._slow:
                await asyncio.sleep(_SLOW_S)
            if sink not in self._dead:
                sink.write(piece)
                await sink.drain()
        if sink in self._dead:
            await self._loop.create_future()  # nobody hears of this end before `mend`
        raise _Ended


class _Ended(Exception):  # noqa: N818 - no error: a side has closed the connection
    """One side has closed the connection."""
