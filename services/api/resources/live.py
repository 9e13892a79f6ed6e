"""What changes, as it does, for the apps of those who may read it."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from litestar.types import Receive, Scope, Send

from services.api.auth.permissions import READS
from services.api.auth.principal import Principal
from services.api.http.application import Api
from services.api.http.asgi import header_of
from services.api.http.openapi import BLOCKS
from services.api.http.problems import unavailable
from services.api.http.route_handlers import stream
from services.api.listeners import OPERATORS, Audience, Listener
from services.api.live_feed import Why
from services.api.state import AppState
from services.read_models.changes import Change, What

#: The read whose rights are those to hear of a change.
READ_BY: Final[Mapping[What, str]] = {
    "book": "book",
    "today": "today",
    "pay": "ledger",
    "team": "associate",
    "heroics": "heroics",
    "house": "score_parameters",
}
#: The same of pay, where it is nobody's own.
PAY_PERIODS: Final = "pay_periods"
ALL: Final = ""
#: Answers that began together end up to a quarter earlier, each at another time.
SPREAD: Final = 64


class ChangeDocument(Change, frozen=True, kw_only=True, omit_defaults=True):
    """`data` of an event `change`: what to read again, and up to where the log was when it had changed."""

    position: int


class ResetDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`data` of an event `reset`: read everything again. It says why: the answer `began` without a
    `Last-Event-ID`; messages were `missed`; tables were `rebuilt`; or the log was `set_back`.
    """

    why: Why
    position: int


def audiences_of(change: Change) -> tuple[Audience, ...]:
    """Who may hear of a change: by the rights to read what has changed."""
    is_nobodys_pay = change.what == "pay" and change.associate_id is None
    operation = PAY_PERIODS if is_nobodys_pay else READ_BY[change.what]
    named = (change.associate_id, change.store_id)
    return ((operation, ALL), *((operation, one) for one in named if one is not None))


def heard_by(principal: Principal | None) -> Iterator[Audience]:
    """What somebody may hear; everything where authentication is off."""
    for operation in (*READ_BY.values(), PAY_PERIODS, OPERATORS[0]):
        match "all" if principal is None else READS[operation].right_of(principal):
            case "all":
                yield operation, ALL
            case "store" if principal is not None:
                yield from ((operation, store_id) for store_id in principal.stores)
            case "own" if principal is not None and principal.associate_id is not None:
                yield operation, principal.associate_id
            case _:
                pass


async def _listen(scope: Scope, receive: Receive, send: Send) -> None:
    api: Api = scope["app"]  # type: ignore[assignment]
    app: AppState = api.app
    # Where somebody has to be authenticated, nobody is not let through by being left out.
    principal: Principal | None = scope["user"] if app.sign_in is not None else None
    heard = frozenset(heard_by(principal))
    if OPERATORS in heard:
        await app.live.watch_house()
    # From here on nothing waits until the listener is added: the feed ends when nobody listens.
    await app.live.begin(api.stopping)
    count = app.live.listeners
    if count >= app.settings.api_live_listeners_max:
        raise unavailable("too_many_event_streams", "Too many apps listen here.")
    seconds = app.settings.api_event_stream_seconds * (1 - count % SPREAD / (4 * SPREAD))
    ends_at = asyncio.get_running_loop().time() + seconds
    listener = Listener(send, heard, ends_at, app.live.reset("missed"))
    gone = asyncio.ensure_future(_disconnected(receive))
    try:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        app.live.add(listener, header_of(scope, b"last-event-id"))
        await asyncio.wait({gone, listener.over}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        app.live.discard(listener)
        has_gone = gone.done()
        gone.cancel()
        await listener.close(gone=has_gone)


HEADERS: Final[Any] = [
    (b"content-type", f"{BLOCKS}; charset=utf-8".encode()),
    (b"cache-control", b"no-store"),
    # nginx, and others that follow it, then pass on what there is at once.
    (b"x-accel-buffering", b"no"),
]


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


live = stream(
    "/v1/live",
    name="live",
    tag="events",
    summary="What changes, as it does.",
    description=(
        "Server-sent events that say what to read again, and nothing else: no personal data. An event "
        "`change` names what has changed (`what`) and of whom; it comes within a moment of the commit, once "
        "every table contains it. Whoever may read something hears of it: the rights are those of the reads "
        "(`book`, `today`, `ledger` for pay, `associate` for the team, `heroics`, `score_parameters` for "
        "what concerns the house). To whoever may read `house` it also says that the relay, dead letters or "
        "what was asked for have changed.\n\n"
        "An event `reset` says that everything is to be read again: at the beginning, and where messages "
        "were missed. `Last-Event-ID` goes on where an answer was cut off. The answer ends after some "
        "minutes: ask again, as browsers do by themselves.\n\n"
        "What fades with time (scores, and whom to call today) changes without an event: read it again "
        "when the day changes."
    ),
    problems=("too_many_event_streams",),
    answer=ChangeDocument | ResetDocument,
    media_type=BLOCKS,
    taken_by=_listen,
)

ROUTE_HANDLERS: Final = (live,)
