"""The names of what an answer names by id, for whoever reads it."""

import asyncio
from typing import Any, Final

import msgspec
from litestar.types import Scope

from projections.associate_directory.fold import PROJECTION as ASSOCIATES
from projections.customer_directory.fold import PROJECTION as CUSTOMERS
from services.api.auth.permissions import READS
from services.api.auth.principal import Principal
from services.api.http.naming import Mentioned, StoreName
from services.api.http.parameters import pairs_of
from services.api.reading_state import ReadingState
from services.read_models.name_statements import NAMES
from services.read_models.stores import opened_stores

#: Whoever may look a customer up anywhere in the house may read their name.
LOOK_UP: Final = READS["customers"]


async def names_of(app: ReadingState, scope: Scope, mentioned: Mentioned) -> tuple[bytes, bytes, bytes]:
    """The names of associates, customers and stores, as JSON. Everybody may know what a colleague is called.

    With `at_least` the directories have reached it as well.
    """
    principal: Principal | None = scope.get("user")
    may_see = principal is None or LOOK_UP.right_of(principal) == "all"
    asked: dict[str, Any] = {
        "associate_ids": mentioned.associates,
        "customer_ids": mentioned.customers if may_see else [],
    }
    at_least = dict(pairs_of(scope["query_string"])).get("at_least")
    if at_least is not None:
        for projection in (ASSOCIATES, CUSTOMERS):
            await app.tables.wait_for(projection.name, int(at_least))
    stores = await asyncio.to_thread(opened_stores, app.log, mentioned.stores) if mentioned.stores else {}
    associates: bytes = b"{}"
    customers: bytes = b"{}"
    if any(asked.values()):
        ((found,),) = await app.tables.fetch((NAMES, asked))
        *named, keys = found
        associates, customers = (app.keys.decrypt_with((each or "{}").encode(), keys) for each in named)
    shown = {
        store_id: StoreName(None, None) if store is None else StoreName(store.name, store.time_zone)
        for store_id, store in ((store_id, stores.get(store_id)) for store_id in mentioned.stores)
    }
    return associates, customers, msgspec.json.encode(shown)
