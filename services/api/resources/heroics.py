"""Heroic acts: the wall, and what their customers bought afterwards."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Response
from msgspec.structs import asdict

from domain.heroic_act.commands import HeroicKind
from domain.ids import AssociateId, Code, CustomerId
from projections.heroics_wall.fold import PROJECTION
from projections.heroics_wall.queries import (
    ACT,
    DUPLICATES,
    WAITING,
    WALL,
    ActDocument,
    acts_of,
    wall_parameters,
)
from projections.loyalty_score.fold import PROJECTION as LOYALTY
from projections.loyalty_score.queries import CUSTOMERS_ROWS, Bought, purchases_since, states_by_customer
from projections.loyalty_score.state import LoyaltyState
from services.api.http.parameters import AnyRequest, Limit, Reading
from services.api.http.problems import Problem, not_found
from services.api.http.routing import Route, json_answer
from services.api.resources.decryption import opened
from services.api.resources.path_variables import variable
from services.api.state import Shop
from services.read_models.tables import Query

Cursor = Annotated[
    str,
    msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}\.act_[0-9a-f]{32}$", description="`next` of the page before."),
]


class WallFilter(Reading, kw_only=True):
    """A page of the wall: acts that happened before `after`, newest first. `reported` acts wait to be verified, oldest first."""

    limit: Limit = 20
    after: Cursor | None = None
    status: Literal["verified", "reported"] = "verified"
    store_id: Code | None = None
    kind: HeroicKind | None = None
    hero: AssociateId | None = None
    customer_id: CustomerId | None = None


class ActOnTheWall(ActDocument, frozen=True, kw_only=True):
    """An act, and what its customer bought and kept from the next day (UTC) on, per currency."""

    bought_afterwards: list[Bought]


class ActWithReports(ActOnTheWall, frozen=True, kw_only=True):
    """The same with the other reports of it."""

    duplicate_reports: list[ActDocument]


class WallPage(msgspec.Struct, frozen=True, kw_only=True):
    """Acts, and what `after` is for the next page (null on the last)."""

    acts: list[ActOnTheWall]
    next: str | None


async def heroics(shop: Shop, request: AnyRequest) -> Response[bytes]:
    """The wall of verified acts, the latest first, each with what its customer bought afterwards."""
    asked = shop.parameters(request, WallFilter)
    if asked.status == "reported":
        query, parameters = WAITING, {"store_id": asked.store_id, "limit": asked.limit}
    else:
        query = WALL
        parameters = wall_parameters(
            store_id=asked.store_id,
            kind=asked.kind,
            hero=asked.hero,
            customer_id=asked.customer_id,
            before=_place(asked.after),
            limit=asked.limit + 1,
        )
    found = await shop.tables.read(PROJECTION.name, query, parameters, at_least=asked.at_least)
    acts = acts_of(found.rows)
    page, more = acts[: asked.limit], acts[asked.limit :]
    shown, position = await _with_purchases(shop, page, asked.at_least)
    answer = WallPage(
        acts=shown,
        next=f"{page[-1].happened_on}.{page[-1].act_id}" if more else None,
    )
    document = await opened(shop, msgspec.json.encode(answer))
    return json_answer(document, position=min(found.position, position))


async def heroic_act(shop: Shop, request: AnyRequest) -> Response[bytes]:
    """One act, whatever became of it, with the other reports that were linked to it."""
    asked = shop.parameters(request, Reading)
    parameters = {"act_id": variable(request, "act_id")}
    found, duplicates = await shop.tables.read_together(
        Query(PROJECTION.name, ACT, parameters),
        Query(PROJECTION.name, DUPLICATES, parameters),
        at_least=asked.at_least,
    )
    if not found.rows:
        raise not_found("heroic act", "heroic_act_unknown")
    (act,), position = await _with_purchases(shop, acts_of(found.rows), asked.at_least)
    answer = ActWithReports(**asdict(act), duplicate_reports=acts_of(duplicates.rows))
    document = await opened(shop, msgspec.json.encode(answer))
    return json_answer(document, position=min(found.position, position))


def _place(after: str | None) -> tuple[date, str] | None:
    if after is None:
        return None
    day, _, act_id = after.partition(".")
    try:
        return (date.fromisoformat(day), act_id)
    except ValueError:
        raise Problem(422, "invalid", "This is not the `next` of a page.", field="after") from None


async def _with_purchases(
    shop: Shop, acts: Sequence[ActDocument], at_least: int | None
) -> tuple[list[ActOnTheWall], int]:
    """The acts with what their customers bought afterwards, and the position of that."""
    customer_ids = sorted({act.customer_id for act in acts if act.customer_id is not None})
    found = await shop.tables.read(
        LOYALTY.name, CUSTOMERS_ROWS, {"customer_ids": customer_ids}, at_least=at_least
    )
    known = states_by_customer(LOYALTY.decode(state) for _, _, state in found.rows)
    now = shop.clock.now()
    with_purchases = [
        ActOnTheWall(**asdict(act), bought_afterwards=_afterwards(act, known, now)) for act in acts
    ]
    return with_purchases, found.position


def _afterwards(act: ActDocument, known: Mapping[str, LoyaltyState], now: datetime) -> list[Bought]:
    customer = known.get(act.customer_id or "")
    if customer is None or act.happened_on is None:
        return []
    next_day = datetime.combine(act.happened_on + timedelta(days=1), time(), UTC)
    return purchases_since(customer, next_day, now)


_common: Final[dict[str, Any]] = {"group": "heroics", "positioned": True, "problems": (404, 409, 422, 503)}

ROUTES: Final = (
    Route(
        path="/v1/heroics",
        handle=heroics,
        summary="Heroic acts.",
        answer=WallPage,
        parameters=WallFilter,
        **_common,
    ),
    Route(
        path="/v1/heroics/{act_id}",
        handle=heroic_act,
        summary="One heroic act.",
        answer=ActWithReports,
        parameters=Reading,
        **_common,
    ),
)
