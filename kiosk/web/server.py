"""The worker that serves the page on loopback."""

import asyncio
import errno
import logging
import socket
import threading
from pathlib import Path
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from kiosk.runtime.errors import KioskError
from kiosk.runtime.worker import Beat, Worker
from kiosk.screen import Screen
from kiosk.screen.sounds import tones
from kiosk.web.action_routes import ActionRoutes
from kiosk.web.actions import Actions
from kiosk.web.page import Page
from kiosk.web.preview import Preview
from kiosk.web.security import HOST, RequestGuard, SessionAuth
from kiosk.web.settings import ScreenSettings

log = logging.getLogger(__name__)

STATIC: Final = Path(__file__).parent / "static"

_TURN_S: Final = 0.1
"""How often the server looks whether it must stop, in seconds."""
_FAREWELL_S: Final = 0.4
_TRY_AGAIN_S: Final = 2.0
_CONNECTIONS: Final = 32
_SEND_BUFFER_BYTES: Final = 65_536
"""The send buffer of one connection. A larger one would hold more pictures, which a slow page would see late."""


def workers(
    settings: ScreenSettings, data_dir: Path, screen: Screen, preview: Preview, actions: Actions
) -> list[Worker]:
    """Builds the workers that show a screen. They need neither camera nor ledger.

    The token and the spoken prompts lie in `data_dir`.
    """
    page = Page(
        settings, screen, preview, SessionAuth.of(data_dir), folder=STATIC, voices=data_dir / "voices", sounds=tones()
    )
    server = WebServer(settings.port, page, ActionRoutes(actions))
    return [Worker("web", server.run), Worker("preview", preview.run, interrupt=preview.close)]


class PortTakenError(KioskError):
    """Another program listens on the port of the page. It may go away."""


class WebServer:
    """Serves the page and the actions of people on a port of loopback."""

    def __init__(self, port: int, page: Page, action_routes: ActionRoutes) -> None:
        self._port = port
        self._page = page
        self._action_routes = action_routes
        guard = Middleware(RequestGuard, door=page.door, port=port)
        self._app = Starlette(routes=[*page.routes(), *action_routes.routes()], middleware=[guard])

    def run(self, stop: threading.Event, beat: Beat) -> None:
        """Serves until `stop` is set; open streams end within half a second.

        While another program has the port, it tries again, and the kiosk works on without a screen.
        """
        listener = self._listener(stop, beat)
        if listener is None:
            return
        with listener:
            asyncio.run(self._serve(listener, stop, beat))

    def _listener(self, stop: threading.Event, beat: Beat) -> socket.socket | None:
        told = False
        while not stop.is_set():
            try:
                return listen(self._port)
            except PortTakenError as error:
                if not told:
                    log.error("no screen: %s", error)  # noqa: TRY400 (nothing has failed that a trace would explain)
                told = True
                beat()
                stop.wait(_TRY_AGAIN_S)
        return None

    async def _serve(self, listener: socket.socket, stop: threading.Event, beat: Beat) -> None:
        server = uvicorn.Server(self._config())
        serving = asyncio.create_task(server.serve([listener]))
        while not stop.is_set() and not serving.done() and self._action_routes.failure is None:
            beat()
            await asyncio.sleep(_TURN_S)
        server.should_exit = True
        self._page.streams.end()
        self._action_routes.end()
        await asyncio.wait({serving}, timeout=_FAREWELL_S)
        for connection in list(server.server_state.connections):
            connection.transport.abort()  # otherwise a page that does not read would hold its stream open
        await serving
        if self._action_routes.failure is not None:
            raise self._action_routes.failure

    def _config(self) -> uvicorn.Config:
        """Returns a configuration that logs nothing about requests and leaves the logging of the process as it is."""
        return uvicorn.Config(
            self._app,
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=_CONNECTIONS,
            timeout_graceful_shutdown=1,
        )


def listen(port: int) -> socket.socket:
    """Returns a socket that listens on loopback. Raises PortTakenError when another program has the port."""
    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortTakenError(
            f"port {port} of {HOST} is taken by another program: stop that, or set screen.port; "
            "attendance is recorded all the same"
        ) from error
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
    return listener
