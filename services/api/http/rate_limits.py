"""Rate limits: how many requests an address, and whoever a token names, may send in a minute."""

import math
from collections.abc import Callable

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from infra.clock import SYSTEM_CLOCK
from services.api.http.admission import HEALTH_PATHS
from services.api.http.problems import Problem

#: Whom a request is counted for; None where nobody is known.
Identity = Callable[[Scope], str | None]


class RateLimit(ASGIMiddleware):
    """Lets at most `per_minute` requests of one identity pass in any minute, in this process.

    Health checks are not counted.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, identity: Identity, per_minute: int) -> None:
        self._identity = identity
        self._item: RateLimitItem = RateLimitItemPerMinute(per_minute)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass a request on. Raises a 429 problem that says when the next one may come."""
        who = None if scope["path"] in HEALTH_PATHS else self._identity(scope)
        if who is not None and not self._limiter.hit(self._item, who):
            seconds = (
                self._limiter.get_window_stats(self._item, who).reset_time - SYSTEM_CLOCK.now().timestamp()
            )
            headers = {"Retry-After": str(max(1, math.ceil(seconds)))}
            detail = f"At most {self._item.amount} requests are answered in a minute."
            raise Problem(429, "too_many_requests", detail, headers=headers)
        await next_app(scope, receive, send)


def rate_limit(identity: Identity, per_minute: int) -> list[RateLimit]:
    """The middleware of this limit; none where it is 0."""
    return [RateLimit(identity, per_minute)] if per_minute else []


def address_of(scope: Scope) -> str | None:
    """The address that a request comes from."""
    client = scope["client"]
    return client[0] if client else None


def subject_of(scope: Scope) -> str | None:
    """The subject of the token that a request came with."""
    principal = scope.get("user")
    return principal.subject if principal else None
