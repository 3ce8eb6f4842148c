"""The HTTP routes of what people do at the screen. Each request runs an action of `Actions` in a thread of a pool."""

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
    """The routes that act. An unexpected error of an action is kept in `failure`, which ends the web worker."""

    def __init__(self, actions: Actions) -> None:
        self.failure: BaseException | None = None
        self._actions = actions
        self._pool = ThreadPoolExecutor(_AT_ONCE, "web-action")
        self._waiting: set[asyncio.Future[Any]] = set()

    def routes(self) -> list[Route]:
        """Returns the routes."""
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
        return [overview, *(Route(path, endpoint, methods=["POST"]) for path, endpoint in posts.items())]

    def end(self) -> None:
        """Cancels actions that have not begun and the waits of requests. Actions that have begun end by themselves."""
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
        except asyncio.CancelledError as error:  # only `end` cancels a request
            raise HTTPException(503, "the kiosk stops") from error
        finally:
            self._waiting.discard(waiting)

    def _done(self, future: Future[T]) -> None:
        if not future.cancelled() and (error := future.exception()) is not None:
            self.failure = error

    async def _answer(self, request: Request) -> Response:
        message = await sent(request, Answered)
        return _reply(await self._do(lambda: self._actions.answer(message.card, message.choice)))

    async def _pin(self, request: Request) -> Response:
        message = await sent(request, PinTyped)
        return _reply(await self._do(lambda: self._actions.by_pin(message.nip, message.pin, message.reason)))

    async def _sign_in(self, request: Request) -> Response:
        message = await sent(request, SignIn)
        found = await self._do(lambda: self._actions.sign_in(message.nip, message.pin))
        if not isinstance(found, Officer):
            return _reply(found)
        response = reply(SignedIn(name=found.name))
        response.set_cookie(OFFICER_COOKIE, found.session, path="/officer", httponly=True, samesite="strict")
        return response

    async def _sign_out(self, request: Request) -> Response:
        response = _reply(await self._do(lambda: self._actions.sign_out(_officer(request))))
        response.delete_cookie(OFFICER_COOKIE, path="/officer", httponly=True, samesite="strict")
        return response

    async def _overview(self, request: Request) -> Response:
        return _reply(await self._do(lambda: self._actions.overview(_officer(request))))

    async def _test(self, request: Request) -> Response:
        message = await sent(request, TestWanted)
        return _reply(await self._do(lambda: self._actions.test(_officer(request), message.what)))

    async def _enrol(self, request: Request) -> Response:
        message = await sent(request, EnrolmentWanted)
        begin = self._actions.enrol
        return _reply(await self._do(lambda: begin(_officer(request), message.person, consent=message.consent)))

    async def _enrol_answer(self, request: Request) -> Response:
        alike = (await sent(request, EnrolmentAnswered)).although_alike
        decide = self._actions.enrol_answer
        return _reply(await self._do(lambda: decide(_officer(request), although_alike=alike)))

    async def _enrol_cancel(self, request: Request) -> Response:
        return _reply(await self._do(lambda: self._actions.enrol_cancel(_officer(request))))


def reply(message: PageMessage, status: int = 200) -> Response:
    """Returns a response with a message to the page."""
    return Response(message.model_dump_json(), status, media_type="application/json")


async def sent(request: Request, kind: type[M]) -> M:
    """Returns the message that the page sent. Raises HTTPException 422 when the body is no such message.

    `RequestGuard` has bounded the length of the body.
    """
    try:
        return kind.model_validate_json(await request.body())
    except ValidationError as error:
        raise HTTPException(422, f"not a message of the kind {kind.__name__}") from error


def _officer(request: Request) -> str:
    return request.cookies.get(OFFICER_COOKIE, "")


def _reply(found: ActionReply | PageMessage) -> Response:
    return reply(Told(text=found.text), found.status) if isinstance(found, ActionReply) else reply(found)
