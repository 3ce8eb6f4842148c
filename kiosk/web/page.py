"""The HTTP routes of what the page loads: its files, phrases, events, preview, receipts, sounds and its session."""

import io
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final

import segno
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from kiosk.screen import Screen
from kiosk.web.action_routes import reply, sent
from kiosk.web.messages import Labels, PageSettings, TokenShown
from kiosk.web.preview import BOUNDARY, Preview, parts
from kiosk.web.security import COOKIE, SessionAuth, TooManyTriesError
from kiosk.web.settings import ScreenSettings
from kiosk.web.streams import Streams, events

_RECEIPT: Final = re.compile(r"[0-9A-Z]{3}-[0-9A-Z]{3}")
_VOICE: Final = re.compile(r"([a-z_]+)\.(?:ogg|wav)")
_CHECKED: Final = {"Cache-Control": "no-cache"}
"""The browser may keep the file and must ask whether it has changed, so that an upgrade shows at once."""


class Page:
    """The routes that only read.

    `folder` holds the files of the page, `voices` the spoken prompts that were made, `sounds` the tones by their name.
    """

    def __init__(
        self,
        settings: ScreenSettings,
        screen: Screen,
        preview: Preview,
        door: SessionAuth,
        *,
        folder: Path,
        voices: Path,
        sounds: Mapping[str, bytes],
    ) -> None:
        self.streams = Streams()
        self._settings = settings
        self._screen = screen
        self._preview = preview
        self.door = door
        self._folder = folder
        self._voices = voices
        self._sounds = sounds

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        return [
            Route("/", self._index),
            Route("/session", self._enter, methods=["POST"]),
            Route("/words.json", self._words),
            Route("/settings.json", self._page_settings),
            Route("/events", self._events),
            Route("/preview.mjpeg", self._pictures),
            Route("/receipt/{code}.svg", self._receipt),
            Route("/voice/{name}", self._voice),
            Route("/static/sounds/{name}.wav", self._sound),
            Mount("/static", StaticFiles(directory=self._folder, check_dir=False)),
        ]

    async def _index(self, _request: Request) -> Response:
        return FileResponse(self._folder / "index.html", headers=_CHECKED)

    async def _enter(self, request: Request) -> Response:
        shown = await sent(request, TokenShown)
        try:
            cookie = self.door.enter(shown.token)
        except TooManyTriesError as error:
            raise HTTPException(429, str(error), {"Retry-After": "60"}) from error
        if cookie is None:
            raise HTTPException(403, "not the token of this kiosk: kiosk screen url prints what to open")
        answer = Response(status_code=204)
        answer.set_cookie(COOKIE, cookie, httponly=True, samesite="strict")
        return answer

    async def _words(self, _request: Request) -> Response:
        words = self._screen.words
        return reply(Labels(language=words.language, words=dict(words.all())))

    async def _page_settings(self, _request: Request) -> Response:
        return reply(PageSettings(language=self._settings.language, volume=self._settings.volume))

    async def _events(self, _request: Request) -> Response:
        return self._stream(events(self._screen, self.streams), "text/event-stream")

    async def _pictures(self, _request: Request) -> Response:
        content = parts(self._preview, self.streams)
        return self._stream(content, f"multipart/x-mixed-replace; boundary={BOUNDARY}")

    def _stream(self, content: AsyncIterator[bytes], kind: str) -> Response:
        if self.streams.full:
            raise HTTPException(503, "too many pages are open: close those that nobody looks at")
        return StreamingResponse(content, media_type=kind)

    async def _receipt(self, request: Request) -> Response:
        code = request.path_params["code"]
        if not _RECEIPT.fullmatch(code):
            raise HTTPException(404, "not a receipt code")
        drawn = io.BytesIO()
        segno.make_qr(code, error="m").save(drawn, kind="svg", light="#fff", omitsize=True)
        return Response(drawn.getvalue(), media_type="image/svg+xml")

    async def _voice(self, request: Request) -> Response:
        name = request.path_params["name"]
        path = self._voices / name
        if not _VOICE.fullmatch(name) or not path.is_file():
            raise HTTPException(404, "this prompt is not spoken")
        return FileResponse(path, headers=_CHECKED)

    async def _sound(self, request: Request) -> Response:
        sound = self._sounds.get(request.path_params["name"])
        if sound is None:
            raise HTTPException(404, "no such sound")
        return Response(sound, media_type="audio/wav", headers=_CHECKED)
