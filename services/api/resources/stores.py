"""The stores there are."""

import asyncio
from typing import Final

import msgspec
from litestar import Response

from domain.ids import Code
from projections.associate_directory.fold import PROJECTION as DIRECTORY
from projections.service_context.fold import PROJECTION as CONTEXT
from services.api.http.parameters import Limit, Reading
from services.api.http.route_handlers import Injected, json_response, read
from services.api.resources.period_reports import ITS_POSITION_ALONE
from services.api.state import AppState
from services.read_models.store_list import STORES, StoreDocument, store_document
from services.read_models.stores import opened_stores
from services.read_models.tables import Query


class StorePaging(Reading, kw_only=True):
    """A page of stores: those behind `after`, in the order of their ids."""

    limit: Limit = 50
    after: Code | None = None


class StoresPage(msgspec.Struct, frozen=True, kw_only=True):
    """Stores in the order of their ids; `next` is what `after` is for the next page, null on the last."""

    stores: list[StoreDocument]
    next: str | None


@read("/v1/stores", tag="associates", summary="The stores there are.")
async def stores(app: Injected[AppState], params: Injected[StorePaging]) -> Response[StoresPage]:
    """The stores that were opened, and those where somebody works: name, time zone, currency, channel, and
    the departments where somebody works.
    """
    asked = {"after_store": params.after or "", "limit": params.limit + 1}
    found, context = await app.tables.read_together(
        Query(DIRECTORY.name, STORES, asked),
        Query(CONTEXT.name, ITS_POSITION_ALONE, {}),
        at_least=params.at_least,
    )
    page = found.rows[: params.limit]
    opened = await asyncio.to_thread(opened_stores, app.log, [store_id for store_id, _ in page])
    answer = StoresPage(
        stores=[
            store_document(store_id, departments, opened.get(store_id)) for store_id, departments in page
        ],
        next=page[-1][0] if len(found.rows) > params.limit else None,
    )
    return json_response(answer, position=min(found.position, context.position))


ROUTE_HANDLERS: Final = (stores,)
