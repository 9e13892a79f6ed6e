"""Admission control: a request's body is received whole, it waits for a slot, and its response begins in
time.
"""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import takewhile
from typing import Any, Final

from litestar.types import Message

from services.api.http.asgi import declared_length
from services.api.http.connection import HEALTH_PATH
from services.api.http.deadlines import abandon
from services.api.http.problems import Problem, unavailable

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]
#: Answers a request with a problem.
Refuse = Callable[[Any, Receive, Send, Problem], Awaitable[None]]

#: Health checks. Each has a deadline of its own, and none waits for a slot.
HEALTH_PATHS: Final = frozenset({HEALTH_PATH, "/readyz", "/metrics", "/v1/health"})
#: Under this name a request's scope has who says why an answer is late; else it is merely said that it is.
_ON_TIMEOUT: Final = "clienteling.on_timeout"
SWEEP_SECONDS: Final = 0.1


def on_timeout(scope: Any, say: Callable[[], Problem]) -> None:
    """Let `say` tell the client of a request, once its time is up, what may have become of it."""
    scope[_ON_TIMEOUT] = say


class Admission:
    """Lets requests in to `application`: at most `at_once_max` of them until their answers begin."""

    def __init__(
        self,
        application: Application,
        refuse: Refuse,
        *,
        at_once_max: int,
        answer_seconds: float,
        body_bytes_max: int,
    ) -> None:
        self._application = application
        self._refuse = refuse
        self._slots = asyncio.Semaphore(at_once_max)
        self._answer_seconds = answer_seconds
        self._body_bytes_max = body_bytes_max
        #: The requests that are being answered, the oldest first, and when each one's time is up.
        self._answer_by: dict[_PendingResponse, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer one request, unless its client goes away before it has sent all of it."""
        whole = await self._received(scope, receive)
        if whole is None:
            return
        if scope["path"] in HEALTH_PATHS:
            await self._application(scope, whole, send)
            return
        answer = _PendingResponse(scope, receive, send, self._slots, self._refuse)
        self._begin(answer)
        try:
            await answer.acquire_slot()
            await self._application(scope, whole, answer.send)
        except asyncio.CancelledError:
            if answer.timed_out is None or answer.task.uncancel():
                raise
        finally:
            self._answer_by.pop(answer, None)
            answer.release_slot()
        if answer.timed_out is not None:
            await answer.timed_out

    def _begin(self, answer: "_PendingResponse") -> None:
        # All have the same timeout, so they are in the order of their deadlines, and one timer does for all.
        loop = asyncio.get_running_loop()
        self._answer_by[answer] = loop.time() + self._answer_seconds
        if self._timer is None:
            self._timer = loop.call_later(SWEEP_SECONDS, self._sweep)

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for answer in list(takewhile(lambda one: self._answer_by[one] <= now, self._answer_by)):
            del self._answer_by[answer]
            answer.abandon()
        self._timer = loop.call_later(SWEEP_SECONDS, self._sweep) if self._answer_by else None

    async def _received(self, scope: Any, receive: Receive) -> Receive | None:
        """A `receive` that has the whole body at once; None when the client has gone away.

        Of one that is too large it has as much as shows that, or nothing when the client says so itself.
        """
        if scope["path"] == HEALTH_PATH or declared_length(scope) > self._body_bytes_max:
            return receive
        first = await receive()
        if first["type"] == "http.request" and first.get("more_body"):
            body = bytearray(first["body"])
            more = True
            while more and len(body) <= self._body_bytes_max:
                message = await receive()
                if message["type"] != "http.request":
                    return None
                body += message["body"]
                more = message.get("more_body", False)
            first = {"type": "http.request", "body": bytes(body), "more_body": False}
        if first["type"] != "http.request":
            return None
        ahead = [first]

        async def received() -> Any:
            return ahead.pop() if ahead else await receive()

        return received


class _PendingResponse:
    """The answer to one request: it begins in time, or is given up. Its turn ends when it begins."""

    def __init__(
        self, scope: Any, receive: Receive, send: Send, slots: asyncio.Semaphore, refuse: Refuse
    ) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - only called by a coroutine
        self.task = task
        #: Says to the client that there is no answer in time.
        self.timed_out: asyncio.Task[None] | None = None
        self._request = (scope, receive, send)
        self._send = send
        self._slots = slots
        self._refuse = refuse
        self._has_slot = False
        self._begun = False

    async def acquire_slot(self) -> None:
        await self._slots.acquire()
        self._has_slot = True

    def release_slot(self) -> None:
        if self._has_slot:
            self._has_slot = False
            self._slots.release()

    async def send(self, message: Message) -> None:
        if self.timed_out is not None:
            return
        if not self._begun:
            self._begun = True
            self.release_slot()
        await self._send(message)

    def abandon(self) -> None:
        if self._begun or self.timed_out is not None:
            return
        say = self._request[0].get(_ON_TIMEOUT, _too_slow)
        problem: Problem = say()
        self.timed_out = asyncio.ensure_future(self._refuse(*self._request, problem))
        # What it waits for may not let itself be cancelled; the client has its response all the same.
        self.release_slot()
        abandon(self.task)


def _too_slow() -> Problem:
    return unavailable("too_slow", "The answer takes too long; ask again in a moment.")
