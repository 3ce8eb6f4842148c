"""What people do at the screen: messages of the page in, actions of the kiosk in threads of their own, answers out."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kiosk.web.actions import ActionReply, Actions, Officer
from kiosk.web.messages import (
    Answered,
    EnrolmentAnswered,
    EnrolmentWanted,
    PageMessage,
    PinTyped,
    SignedIn,
    SignIn,
    TestWanted,
    Told,
)

M = TypeVar("M", bound=PageMessage)
T = TypeVar("T")

OFFICER_COOKIE: Final = "kiosk_officer"
_AT_ONCE: Final = 4


class ActionRoutes:
    """The routes of everything that acts. An action that fails as nobody foresaw is kept in `failure`."""

    def __init__(self, actions: Actions) -> None:
        self.failure: BaseException | None = None
        self._actions = actions
        self._pool = ThreadPoolExecutor(_AT_ONCE, "web-action")
        self._waiting: set[asyncio.Future[Any]] = set()

    def routes(self) -> list[Route]:
        """All of them."""
        posts = {
            "/answer": self._answer,
            "/pin": self._pin,
            "/officer/sign-in": self._sign_in,
            "/officer/sign-out": self._sign_out,
            "/officer/test": self._test,
            "/officer/enrol": self._enrol,
            "/officer/enrol/answer": self._enrol_answer,
            "/officer/enrol/cancel": self._enrol_cancel,
        }
        overview = Route("/officer/overview", self._overview, methods=["GET"])
        return [overview, *(Route(path, end, methods=["POST"]) for path, end in posts.items())]

    def end(self) -> None:
        """Begin nothing any more, and let nobody wait; what has begun ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for waiting in self._waiting:
            waiting.cancel()

    async def _do(self, action: Callable[[], T]) -> T:
        future = self._pool.submit(action)
        future.add_done_callback(self._done)
        waiting = asyncio.wrap_future(future)
        self._waiting.add(waiting)
        try:
            return await waiting
        except asyncio.CancelledError as error:  # by `end`: nobody else cancels a request
            raise HTTPException(503, "the kiosk stops") from error
        finally:
            self._waiting.discard(waiting)

    def _done(self, future: Future[T]) -> None:
        if not future.cancelled() and (error := future.exception()) is not None:
            self.failure = error

    async def _answer(self, request: Request) -> Response:
        asked = await sent(request, Answered)
        return _reply(await self._do(lambda: self._actions.answer(asked.card, asked.choice)))

    async def _pin(self, request: Request) -> Response:
        asked = await sent(request, PinTyped)
        return _reply(await self._do(lambda: self._actions.by_pin(asked.nip, asked.pin, asked.reason)))

    async def _sign_in(self, request: Request) -> Response:
        asked = await sent(request, SignIn)
        found = await self._do(lambda: self._actions.sign_in(asked.nip, asked.pin))
        if not isinstance(found, Officer):
            return _reply(found)
        answer = reply(SignedIn(name=found.name))
        answer.set_cookie(OFFICER_COOKIE, found.session, path="/officer", httponly=True, samesite="strict")
        return answer

    async def _sign_out(self, request: Request) -> Response:
        answer = _reply(await self._do(lambda: self._actions.sign_out(_officer(request))))
        answer.delete_cookie(OFFICER_COOKIE, path="/officer", httponly=True, samesite="strict")
        return answer

    async def _overview(self, request: Request) -> Response:
        return _reply(await self._do(lambda: self._actions.overview(_officer(request))))

    async def _test(self, request: Request) -> Response:
        asked = await sent(request, TestWanted)
        return _reply(await self._do(lambda: self._actions.test(_officer(request), asked.what)))

    async def _enrol(self, request: Request) -> Response:
        asked = await sent(request, EnrolmentWanted)
        begin = self._actions.enrol
        return _reply(await self._do(lambda: begin(_officer(request), asked.person, consent=asked.consent)))

    async def _enrol_answer(self, request: Request) -> Response:
        alike = (await sent(request, EnrolmentAnswered)).although_alike
        decide = self._actions.enrol_answer
        return _reply(await self._do(lambda: decide(_officer(request), although_alike=alike)))

    async def _enrol_cancel(self, request: Request) -> Response:
        return _reply(await self._do(lambda: self._actions.enrol_cancel(_officer(request))))


def reply(message: PageMessage, status: int = 200) -> Response:
    """A message to the page."""
    return Response(message.model_dump_json(), status, media_type="application/json")


async def sent(request: Request, kind: type[M]) -> M:
    """The message that was sent, whose length the guard has bounded. What is none is answered with 422."""
    try:
        return kind.model_validate_json(await request.body())
    except ValidationError as error:
        raise HTTPException(422, f"not a message of the kind {kind.__name__}") from error


def _officer(request: Request) -> str:
    return request.cookies.get(OFFICER_COOKIE, "")


def _reply(found: ActionReply | PageMessage) -> Response:
    return reply(Told(text=found.text), found.status) if isinstance(found, ActionReply) else reply(found)
