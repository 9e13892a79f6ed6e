"""Who serves customers."""

from datetime import date
from typing import Any, Final, Literal

import msgspec
from litestar import Response

from domain.ids import AssociateId, Code
from projections.associate_directory.fold import PROJECTION
from projections.associate_directory.queries import (
    ASSOCIATE,
    BY_REFERENCE,
    DIRECTORY,
    AssociateDocument,
    associate_document,
)
from services.api.http.parameters import AnyRequest, Limit, Reading
from services.api.http.problems import not_found
from services.api.http.routing import Route, json_answer
from services.api.resources.decryption import opened
from services.api.resources.path_variables import variable
from services.api.state import Shop


class AssociateFilter(Reading, kw_only=True):
    """A page of associates: those behind `after`, in the order of their ids. `reference` is a number in another system."""

    limit: Limit = 50
    after: AssociateId | None = None
    store_id: Code | None = None
    status: Literal["working", "left"] | None = None
    made_up: bool | None = None
    reference: Code | None = None


class OnDay(Reading, kw_only=True):
    """The day whose plan is shown; today when left out."""

    on: date | None = None


class AssociatesPage(msgspec.Struct, frozen=True, kw_only=True):
    """Associates in the order of their ids; `next` is what `after` is for the next page, null on the last."""

    associates: list[AssociateDocument]
    next: str | None


async def associates(shop: Shop, request: AnyRequest) -> Response[bytes]:
    """Everybody who ever served a customer, leavers included, a page at a time."""
    asked = shop.parameters(request, AssociateFilter)
    if asked.reference is not None:
        query, parameters = BY_REFERENCE, {"reference": asked.reference}
    else:
        query = DIRECTORY
        parameters = {
            "after_key": asked.after or "",
            "store_id": asked.store_id,
            "status": asked.status,
            "made_up": asked.made_up,
            "limit": asked.limit + 1,
        }
    found = await shop.tables.read(PROJECTION.name, query, parameters, at_least=asked.at_least)
    today = shop.clock.now().date()
    documents = [associate_document(PROJECTION.decode(state), today) for _, _, state in found.rows]
    page, more = documents[: asked.limit], documents[asked.limit :]
    answer = AssociatesPage(associates=page, next=page[-1].associate_id if more else None)
    return json_answer(await opened(shop, msgspec.json.encode(answer)), position=found.position)


async def associate(shop: Shop, request: AnyRequest) -> Response[bytes]:
    """One associate with all pay plans and stores; `plan` is the one in force on the day asked for."""
    asked = shop.parameters(request, OnDay)
    associate_id = variable(request, "associate_id")
    found = await shop.tables.read(
        PROJECTION.name, ASSOCIATE, {"associate_id": associate_id}, at_least=asked.at_least
    )
    if not found.rows:
        raise not_found("associate", "associate_unknown")
    known = PROJECTION.decode(found.rows[0][2])
    document = associate_document(known, asked.on or shop.clock.now().date())
    return json_answer(await opened(shop, msgspec.json.encode(document)), position=found.position)


async def make_sure_of_associate(shop: Shop, associate_id: str) -> None:
    """Raises a 404 problem when the directory has nobody of that id."""
    found = await shop.tables.read(PROJECTION.name, ASSOCIATE, {"associate_id": associate_id})
    if not found.rows:
        raise not_found("associate", "associate_unknown")


_common: Final[dict[str, Any]] = {"group": "associates", "positioned": True, "problems": (404, 409, 422, 503)}

ROUTES: Final = (
    Route(
        path="/v1/associates",
        handle=associates,
        summary="Who serves customers.",
        answer=AssociatesPage,
        parameters=AssociateFilter,
        **_common,
    ),
    Route(
        path="/v1/associates/{associate_id}",
        handle=associate,
        summary="One associate.",
        answer=AssociateDocument,
        parameters=OnDay,
        **_common,
    ),
)
