"""Who serves customers."""

from datetime import date
from typing import Final, Literal

import msgspec
from litestar import Response

from domain.ids import AssociateId, Code
from projections.associate_directory import queries
from projections.associate_directory.fold import PROJECTION
from services.api.http.parameters import Limit, Reading
from services.api.http.problems import not_found
from services.api.http.route_handlers import Injected, read
from services.api.reading_state import ReadingState
from services.api.resources.decryption import decrypted_response
from services.api.state import AppState


class AssociateFilter(Reading, kw_only=True):
    """A page of associates by id, those after `after`. `reference` is a number in another system."""

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

    associates: list[queries.AssociateDocument]
    next: str | None


@read("/v1/associates", tag="associates", summary="Who serves customers.")
async def associates(app: Injected[AppState], params: Injected[AssociateFilter]) -> Response[AssociatesPage]:
    """Everybody who ever served a customer, leavers included, a page at a time."""
    if params.reference is not None:
        query, parameters = queries.BY_REFERENCE, {"reference": params.reference}
    else:
        parameters = {
            "after_key": params.after or "",
            "store_id": params.store_id,
            "status": params.status,
            "made_up": params.made_up,
            "limit": params.limit + 1,
        }
        query = queries.directory(parameters)
    found = await app.tables.read(PROJECTION.name, query, parameters, at_least=params.at_least)
    today = app.clock.now().date()
    everybody = [queries.associate_document(PROJECTION.decode(state), today) for _, _, state in found.rows]
    documents = [one for one in everybody if params.store_id in (None, one.store_id)]
    page, more = documents[: params.limit], documents[params.limit :]
    answer = AssociatesPage(associates=page, next=page[-1].associate_id if more else None)
    return await decrypted_response(app, answer, position=found.position)


@read("/v1/associates/{associate_id}", tag="associates", summary="One associate.")
async def associate(
    app: Injected[AppState], params: Injected[OnDay], associate_id: AssociateId
) -> Response[queries.AssociateDocument]:
    """One associate with all pay plans and stores; `plan` is the one in force on the day asked for."""
    found = await app.tables.read(
        PROJECTION.name, queries.ASSOCIATE, {"associate_id": associate_id}, at_least=params.at_least
    )
    if not found.rows:
        raise not_found("associate", "associate_unknown")
    known = PROJECTION.decode(found.rows[0][2])
    document = queries.associate_document(known, params.on or app.clock.now().date())
    return await decrypted_response(app, document, position=found.position)


async def require_associate(app: ReadingState, associate_id: str) -> None:
    """Raises a 404 problem when the directory has nobody of that id."""
    found = await app.tables.read(PROJECTION.name, queries.ASSOCIATE, {"associate_id": associate_id})
    if not found.rows:
        raise not_found("associate", "associate_unknown")


ROUTE_HANDLERS: Final = (associates, associate)
