"""Who works in a store, by name: for a till, and for whoever reports what a colleague did."""

from typing import Final

import msgspec
from litestar import Response

from domain.ids import AssociateId, Code
from projections.associate_directory import queries
from projections.associate_directory.fold import PROJECTION
from services.api.http.parameters import Limit, Reading
from services.api.http.route_handlers import Injected, read
from services.api.resources.decryption import decrypted_response
from services.api.state import AppState


class ColleaguesPageFilter(Reading, kw_only=True):
    """A page of associates by id, those after `after`."""

    limit: Limit = 200
    after: AssociateId | None = None


class Colleague(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who works in the store: nothing of their pay."""

    associate_id: str
    name: str | None
    reference: str | None
    department: str | None


class ColleaguesPage(msgspec.Struct, frozen=True, kw_only=True):
    """Who works in the store, in the order of their ids; `next` is what `after` is for the next page."""

    colleagues: list[Colleague]
    next: str | None


@read("/v1/stores/{store_id}/colleagues", tag="associates", summary="Who works in a store.")
async def colleagues(
    app: Injected[AppState], params: Injected[ColleaguesPageFilter], store_id: Code
) -> Response[ColleaguesPage]:
    """Everybody who works in a store now: names and departments. A store that nobody knows has nobody."""
    parameters = {
        "after_key": params.after or "",
        "store_id": store_id,
        "status": "working",
        "made_up": None,
        "limit": params.limit + 1,
    }
    query = queries.directory(parameters)
    found = await app.tables.read(PROJECTION.name, query, parameters, at_least=params.at_least)
    today = app.clock.now().date()
    working = [queries.associate_document(PROJECTION.decode(state), today) for _, _, state in found.rows]
    here = [
        Colleague(
            associate_id=one.associate_id, name=one.name, reference=one.reference, department=one.department
        )
        for one in working
        if one.store_id == store_id
    ]
    more = len(working) > params.limit
    answer = ColleaguesPage(
        colleagues=here[: params.limit], next=working[params.limit - 1].associate_id if more else None
    )
    return await decrypted_response(app, answer, position=found.position)


ROUTE_HANDLERS: Final = (colleagues,)
