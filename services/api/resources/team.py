"""A store's team, for its manager: what needs somebody's attention, in one request."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec
from litestar import Response

from domain.ids import AssociateId, Code
from domain.sale.events import unattributed_tag
from projections.associate_directory.fold import PROJECTION as DIRECTORY
from projections.clientele_book.fold import PROJECTION as BOOK
from projections.commission_ledger.deficits import DEFICITS, Deficit
from projections.commission_ledger.fold import PROJECTION
from projections.heroics_wall.fold import PROJECTION as WALL
from projections.heroics_wall.queries import ActDocument, acts_of, waiting
from projections.loyalty_score.fold import PROJECTION as LOYALTY
from projections.loyalty_score.queries import CUSTOMERS_ROWS, Bought, purchases_since, states_by_customer
from projections.service_standards.queries import ServiceMeasure
from services.api.http.parameters import POSITION_MAX, Limit, Reading
from services.api.http.route_handlers import Injected, read
from services.api.reading_state import ReadingState
from services.api.resources.decryption import decrypted_response
from services.api.resources.service_standards import WeekFilter, weeks_measured
from services.api.state import AppState
from services.read_models.deficits import deficits_in, deficits_parameters
from services.read_models.tables import Query
from services.read_models.team import (
    BookToHandOver,
    TeamMember,
    UnattributedLine,
    book_to_hand_over,
    member_of,
    unattributed_lines,
)
from services.read_models.team_statements import BOOKS, MEMBERS, UNATTRIBUTED_SALES

#: So many sales with lines of nobody's are looked at, and so many weeks of outreach.
SALES_MAX: Final = 200
WEEKS: Final = 4
STATEMENTS_SHOWN: Final = 3
DAYS_SHOWN: Final = 30


class TeamParameters(Reading, kw_only=True):
    """A page of members by id, those after `after`; every other list ends at `limit`."""

    limit: Limit = 50
    after: AssociateId | None = None
    days: Annotated[
        int, msgspec.Meta(ge=1, le=366, description="How far back lines of nobody's are told.")
    ] = DAYS_SHOWN


class Outreach(msgspec.Struct, frozen=True, kw_only=True):
    """What the standards of service asked of somebody in these weeks and what came of it; and what those whom
    they reached bought since then and kept, by currency.
    """

    associate_id: str | None
    due: int
    kept: int
    late: int
    missed: int
    open: int
    customers_reached: int
    bought_afterwards: list[Bought]


class TeamPage(msgspec.Struct, frozen=True, kw_only=True):
    """A team as of an instant. `next` is what `after` is for the next page of members, null on the last.

    `outreach` is of the current week and the three before.
    """

    store_id: str
    as_of: datetime
    deficits: list[Deficit]
    members: list[TeamMember]
    next: str | None
    books: list[BookToHandOver]
    acts: list[ActDocument]
    unattributed: list[UnattributedLine]
    outreach: list[Outreach]


@read("/v1/stores/{store_id}/team", tag="associates", summary="A store's team: what needs attention.")
async def team(
    app: Injected[AppState], params: Injected[TeamParameters], store_id: Code
) -> Response[TeamPage]:
    """Who is in the red by how much, since when and why; how each member's net commission compares with the
    guarantee, by period; books to hand over; acts to verify; goods that nobody is credited with; outreach and
    what it brought.

    A store that nobody knows has nobody.
    """
    now = app.clock.now()
    limit = params.limit
    asked = {
        "store_id": store_id, "after_key": params.after or "", "limit": limit + 1,
        "statements": STATEMENTS_SHOWN,
    }  # fmt: skip
    found = await app.tables.read_together(
        Query(PROJECTION.name, DEFICITS, deficits_parameters(store_id=store_id, after="", limit=limit)),
        Query(DIRECTORY.name, MEMBERS, asked),
        Query(BOOK.name, BOOKS, {"store_id": store_id, "limit": limit}),
        Query(WALL.name, waiting(store_id), {"store_id": store_id, "limit": limit}),
        at_least=params.at_least,
    )
    drowning, members, books, acts = found
    (sales,) = await app.tables.fetch(
        (UNATTRIBUTED_SALES, {"tag": unattributed_tag(store_id), "sales_max": SALES_MAX})
    )
    since = now - timedelta(days=params.days)
    lines = await asyncio.to_thread(unattributed_lines, app.log, [one for (one,) in sales], since)
    outreach, reached = await app.beside.run(outreach_of, app, store_id, params.at_least)
    page = members.rows[:limit]
    answer = TeamPage(
        store_id=store_id,
        as_of=now,
        deficits=deficits_in(drowning.rows),
        members=[member_of(row) for row in page],
        next=page[-1][0] if len(members.rows) > limit else None,
        books=[book_to_hand_over(row) for row in books.rows],
        acts=acts_of(acts.rows),
        unattributed=lines[:limit],
        outreach=outreach,
    )
    position = min(reached, *(one.position for one in found))
    return await decrypted_response(app, answer, position=position)


async def outreach_of(app: ReadingState, store_id: str, at_least: int | None) -> tuple[list[Outreach], int]:
    """What came of the outreach of a store's associates in the last weeks, by associate; and the position."""
    now = app.clock.now()
    weeks = WeekFilter(
        start=(now - timedelta(weeks=WEEKS - 1)).date(), end=now.date(), store_id=store_id, at_least=at_least
    )
    measured, position = await weeks_measured(app, weeks)
    by_associate: dict[str | None, list[ServiceMeasure]] = defaultdict(list)
    for measure in measured.measures:
        by_associate[measure.associate_id].append(measure)
    reached = {who: _reached(measures) for who, measures in by_associate.items()}
    customer_ids = sorted({customer_id for since in reached.values() for customer_id in since})
    found = await app.tables.read(LOYALTY.name, CUSTOMERS_ROWS, {"customer_ids": customer_ids})
    known = states_by_customer(LOYALTY.decode(state) for _, _, state in found.rows)
    told = [
        Outreach(
            associate_id=who,
            **{
                name: sum(getattr(one, name) for one in measures)
                for name in ("due", "kept", "late", "missed", "open")
            },
            customers_reached=len(reached[who]),
            bought_afterwards=_added(
                [
                    purchases_since(known[customer_id], since, now)
                    for customer_id, since in reached[who].items()
                    if customer_id in known
                ]
            ),
        )
        for who, measures in sorted(by_associate.items(), key=lambda one: one[0] or "")
    ]
    return told, min(position, found.position if customer_ids else POSITION_MAX)


def _reached(measures: Sequence[ServiceMeasure]) -> dict[str, datetime]:
    """The customers for whom something was done, and when first."""
    done: dict[str, datetime] = {}
    for due in (due for measure in measures for due in measure.events):
        if due.customer_id is not None and due.done_at is not None:
            done[due.customer_id] = min(due.done_at, done.get(due.customer_id, due.done_at))
    return done


def _added(bought: Sequence[list[Bought]]) -> list[Bought]:
    by_currency: dict[str, list[Bought]] = defaultdict(list)
    for one in (one for each in bought for one in each):
        by_currency[one.currency].append(one)
    return [
        Bought(
            currency,
            visits=sum(one.visits for one in each),
            sales=sum(one.sales for one in each),
            net_minor=sum(one.net_minor for one in each),
        )
        for currency, each in sorted(by_currency.items())
    ]


ROUTE_HANDLERS: Final = (team,)
