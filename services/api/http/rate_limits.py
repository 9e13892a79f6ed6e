"""Rate limits: how many requests an address, and whoever a token names, may send in a minute."""

import math
import time
from collections.abc import Callable
from typing import Final

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from services.api.http.admission import HEALTH_PATHS
from services.api.http.problems import Problem

#: Whom a request is counted for; None where nobody is known.
Identity = Callable[[Scope], str | None]
MINUTE: Final = 60.0


class SlidingWindow:
    """Counts the requests of each identity by the minute, and lets `most` of them pass in any minute.

    Of the minute before, the part that the last sixty seconds reach into counts, as if its requests had come
    evenly (a sliding window counter).
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._minute = 0.0
        self._counts: dict[str, int] = {}
        self._before: dict[str, int] = {}

    def wait_seconds(self, who: str, now: float) -> float | None:
        """None for a request that passes, which is counted; else after how many seconds the next one will."""
        minute, gone = divmod(now, MINUTE)
        if minute != self._minute:
            self._before = self._counts if minute == self._minute + 1 else {}
            self._minute, self._counts = minute, {}
        count, before = self._counts.get(who, 0), self._before.get(who, 0)
        left = 1 - gone / MINUTE
        if before * left + count < self._most:
            self._counts[who] = count + 1
            return None
        # Until enough of the minute before no longer counts, or this one is the minute before.
        return MINUTE * (left - (self._most - count) / before if count < self._most else left)


class RateLimit(ASGIMiddleware):
    """Lets at most `per_minute` requests of one identity pass in any minute, in this process.

    Health checks are not counted.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, identity: Identity, per_minute: int) -> None:
        self._identity = identity
        self._per_minute = per_minute
        self._window = SlidingWindow(per_minute)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass a request on. Raises a 429 problem that says when the next one may come."""
        who = None if scope["path"] in HEALTH_PATHS else self._identity(scope)
        if who is not None and (seconds := self._window.wait_seconds(who, time.monotonic())) is not None:
            headers = {"Retry-After": str(max(1, math.ceil(seconds)))}
            detail = f"At most {self._per_minute} requests are answered in a minute."
            raise Problem(429, "too_many_requests", detail, headers=headers)
        await next_app(scope, receive, send)


def rate_limit(identity: Identity, per_minute: int) -> list[RateLimit]:
    """The middleware of this limit; none where it is 0."""
    return [RateLimit(identity, per_minute)] if per_minute else []


def address_of(scope: Scope) -> str | None:
    """The address that a request comes from."""
    client = scope["client"]
    return client[0] if client else None
