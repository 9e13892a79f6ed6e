"""Heroic acts: the wall, and what their customers bought afterwards."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final, Literal

import msgspec
from litestar import Response
from msgspec.structs import asdict

from domain.heroic_act.commands import HeroicKind
from domain.ids import AssociateId, Code, CustomerId, HeroicActId
from projections.heroics_wall import queries
from projections.heroics_wall.fold import PROJECTION
from projections.loyalty_score.fold import PROJECTION as LOYALTY
from projections.loyalty_score.queries import CUSTOMERS_ROWS, Bought, purchases_since, states_by_customer
from projections.loyalty_score.state import LoyaltyState
from services.api.http.parameters import Limit, Reading
from services.api.http.problems import Problem, not_found
from services.api.http.route_handlers import Injected, read
from services.api.resources.decryption import decrypted_response
from services.api.state import AppState
from services.read_models.tables import Query

Cursor = Annotated[
    str,
    msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}\.act_[0-9a-f]{32}$", description="`next` of the page before."),
]


class WallFilter(Reading, kw_only=True):
    """A page of the wall after `after`, newest first. `reported` acts wait to be verified, oldest first."""

    limit: Limit = 20
    after: Cursor | None = None
    status: Literal["verified", "reported"] = "verified"
    store_id: Code | None = None
    kind: HeroicKind | None = None
    hero: AssociateId | None = None
    customer_id: CustomerId | None = None


class ActOnTheWall(queries.ActDocument, frozen=True, kw_only=True):
    """An act, and what its customer bought and kept from the next day (UTC) on, per currency."""

    bought_afterwards: list[Bought]


class ActWithReports(ActOnTheWall, frozen=True, kw_only=True):
    """The same with the other reports of it."""

    duplicate_reports: list[queries.ActDocument]


class WallPage(msgspec.Struct, frozen=True, kw_only=True):
    """Acts, and what `after` is for the next page (null on the last)."""

    acts: list[ActOnTheWall]
    next: str | None


@read("/v1/heroics", tag="heroics", summary="Heroic acts.")
async def heroics(app: Injected[AppState], params: Injected[WallFilter]) -> Response[WallPage]:
    """The wall of verified acts, the latest first, each with what its customer bought afterwards."""
    if params.status == "reported":
        query = queries.waiting(params.store_id)
        parameters = {"store_id": params.store_id, "limit": params.limit}
    else:
        parameters = queries.wall_parameters(
            store_id=params.store_id,
            kind=params.kind,
            hero=params.hero,
            customer_id=params.customer_id,
            before=_place(params.after),
            limit=params.limit + 1,
        )
        query = queries.wall(parameters)
    found = await app.tables.read(PROJECTION.name, query, parameters, at_least=params.at_least)
    acts = queries.acts_of(found.rows)
    page, more = acts[: params.limit], acts[params.limit :]
    shown, position = await _with_purchases(app, page, params.at_least)
    answer = WallPage(
        acts=shown,
        next=f"{page[-1].happened_on}.{page[-1].act_id}" if more else None,
    )
    return await decrypted_response(app, answer, position=min(found.position, position))


@read("/v1/heroics/{act_id}", tag="heroics", summary="One heroic act.")
async def heroic_act(
    app: Injected[AppState], params: Injected[Reading], act_id: HeroicActId
) -> Response[ActWithReports]:
    """One act, whatever became of it, with the other reports that were linked to it."""
    parameters = {"act_id": act_id}
    found, duplicates = await app.tables.read_together(
        Query(PROJECTION.name, queries.ACT, parameters),
        Query(PROJECTION.name, queries.DUPLICATES, parameters),
        at_least=params.at_least,
    )
    if not found.rows:
        raise not_found("heroic act", "heroic_act_unknown")
    (act,), position = await _with_purchases(app, queries.acts_of(found.rows), params.at_least)
    answer = ActWithReports(**asdict(act), duplicate_reports=queries.acts_of(duplicates.rows))
    return await decrypted_response(app, answer, position=min(found.position, position))


def _place(after: str | None) -> tuple[date, str] | None:
    if after is None:
        return None
    day, _, act_id = after.partition(".")
    try:
        return (date.fromisoformat(day), act_id)
    except ValueError:
        raise Problem(422, "invalid", "This is not the `next` of a page.", field="after") from None


async def _with_purchases(
    app: AppState, acts: Sequence[queries.ActDocument], at_least: int | None
) -> tuple[list[ActOnTheWall], int]:
    """The acts with what their customers bought afterwards, and the position of that."""
    customer_ids = sorted({act.customer_id for act in acts if act.customer_id is not None})
    found = await app.tables.read(
        LOYALTY.name, CUSTOMERS_ROWS, {"customer_ids": customer_ids}, at_least=at_least
    )
    known = states_by_customer(LOYALTY.decode(state) for _, _, state in found.rows)
    now = app.clock.now()
    with_purchases = [
        ActOnTheWall(**asdict(act), bought_afterwards=_afterwards(act, known, now)) for act in acts
    ]
    return with_purchases, found.position


def _afterwards(act: queries.ActDocument, known: Mapping[str, LoyaltyState], now: datetime) -> list[Bought]:
    customer = known.get(act.customer_id or "")
    if customer is None or act.happened_on is None:
        return []
    next_day = datetime.combine(act.happened_on + timedelta(days=1), time(), UTC)
    return purchases_since(customer, next_day, now)


ROUTE_HANDLERS: Final = (heroics, heroic_act)
