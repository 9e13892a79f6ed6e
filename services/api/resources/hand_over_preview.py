"""Who would get whom if an associate left, before they do."""

from collections import Counter
from typing import Annotated, Final, Literal

import msgspec
from litestar import Response

from domain.customer.handing_over import BY_RULE, NAMED, LeftBehind, in_turn, nearest, to_the_smallest_book
from domain.ids import AssociateId
from projections.associate_directory.fold import PROJECTION as DIRECTORY
from projections.associate_directory.queries import WORKING, WORKING_AMONG, WORKING_IN_STORE, WORKPLACE
from projections.clientele_book.fold import PROJECTION as BOOK
from projections.clientele_book.queries import BOOK_SIZES, LEAVERS_CUSTOMERS
from services.api.http.parameters import Limit, Offset, Reading
from services.api.http.problems import not_found
from services.api.http.route_handlers import Injected, json_response, read
from services.api.state import AppState
from services.read_models.tables import Query

Successors = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^ass_[0-9a-f]{32}(,ass_[0-9a-f]{32}){0,49}$",
        description="Whom the leaver would name, in their order, separated by commas; else the rule decides.",
    ),
]


class HandOverPaging(Reading, kw_only=True):
    """A page of the customers, and who the successors would be."""

    limit: Limit = 50
    offset: Offset = 0
    successors: Successors | None = None


class BookToGrow(msgspec.Struct, frozen=True, kw_only=True):
    """A successor: how many customers they lead, and how many they would get."""

    associate_id: str
    customers_before: int
    customers: int


class CustomerToHandOver(msgspec.Struct, frozen=True, kw_only=True):
    """A customer, and who would lead them."""

    customer_id: str
    associate_id: str


class HandOverPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What would become of a book of `total` customers. `reason` is what their history would say; null where
    there is nobody who could take over, or nobody to be taken over.

    `customers` are in the order in which they are dealt out, the dearest first.
    """

    associate_id: str
    reason: Literal["leaver", "leaver_smallest_book"] | None
    successors: list[BookToGrow]
    customers: list[CustomerToHandOver]
    total: int


@read(
    "/v1/associates/{associate_id}/hand-over-preview",
    tag="associates",
    summary="Who would get whom if an associate left.",
)
async def hand_over_preview(
    app: Injected[AppState], params: Injected[HandOverPaging], associate_id: AssociateId
) -> Response[HandOverPreview]:
    """Who would take over which customer if the associate left now: the successors in turn, as far as they
    work here; where none was named, whoever is nearest and has the smallest book by then. Nothing is done.
    """
    named = params.successors.split(",") if params.successors else []
    place, found, working, in_house = await app.tables.read_together(
        Query(DIRECTORY.name, WORKPLACE, {"associate_id": associate_id}),
        Query(BOOK.name, LEAVERS_CUSTOMERS, {"associate_id": associate_id}),
        Query(DIRECTORY.name, WORKING_AMONG, {"associate_ids": named}),
        Query(DIRECTORY.name, WORKING, {}),
        at_least=params.at_least,
    )
    if not place.rows:
        raise not_found("associate", "associate_unknown")
    records = [LeftBehind(row[0], row[1]) for row in found.rows]
    here = {row[0] for row in working.rows} - {associate_id}
    takers = [one for one in named if one in here]
    reason: Literal["leaver", "leaver_smallest_book"] | None = NAMED if takers else BY_RULE
    if not takers:
        store_id, department = place.rows[0]
        in_store = await app.tables.read(DIRECTORY.name, WORKING_IN_STORE, {"store_id": store_id})
        colleagues = [(row[0], row[1]) for row in in_store.rows]
        takers = nearest(associate_id, department, colleagues, [row[0] for row in in_house.rows])
    counted = await app.tables.read(BOOK.name, BOOK_SIZES, {"associate_ids": takers})
    sizes = dict.fromkeys(takers, 0) | {row[0]: int(row[1]) for row in counted.rows}
    if not takers or not records:
        dealt, reason = dict[str, str](), None
    else:
        dealt = in_turn(records, takers) if reason == NAMED else to_the_smallest_book(records, sizes)
    given = Counter(dealt.values())
    page = list(dealt.items())[params.offset : params.offset + params.limit]
    answer = HandOverPreview(
        associate_id=associate_id,
        reason=reason,
        successors=[
            BookToGrow(associate_id=one, customers_before=sizes[one], customers=given[one]) for one in sizes
        ],
        customers=[CustomerToHandOver(customer_id=person, associate_id=to) for person, to in page],
        total=len({one.person for one in records}),
    )
    return json_response(answer, position=min(found.position, counted.position, place.position))


ROUTE_HANDLERS: Final = (hand_over_preview,)
