"""Whose a thing is: whether an id in a request belongs to an associate, or to stores."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from domain.ids import ASSOCIATE, CUSTOMER, HEROIC_ACT, RETURN, SALE
from projections.associate_directory.fold import PROJECTION as DIRECTORY
from projections.associate_directory.queries import STORES_AMONG
from projections.clientele_book.fold import PROJECTION as BOOK
from projections.clientele_book.page import CustomerPage
from projections.clientele_book.queries import CUSTOMER_PAGES, customer_of
from projections.heroics_wall.fold import PROJECTION as WALL
from projections.heroics_wall.queries import ACT, acts_of
from services.api.auth.principal import Principal
from services.api.resources.history import history_of
from services.api.state import AppState

#: The fields and parameters that name a store, and those that hold an id, with its prefix.
STORES: Final = ("store_id", "scope")
IDS: Final = {
    "associate_id": ASSOCIATE,
    "customer_id": CUSTOMER,
    "merged_customer_id": CUSTOMER,
    "sale_id": SALE,
    "return_id": RETURN,
    "act_id": HEROIC_ACT,
}
#: Those that can be somebody's own.
OWN: Final = ("associate_id", "customer_id")
#: The projections that are read to find out whose something is, by right.
PROJECTIONS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "own": {"customer_id": (BOOK.name,)},
    "store": {
        "associate_id": (DIRECTORY.name,),
        "customer_id": (BOOK.name, DIRECTORY.name),
        "merged_customer_id": (BOOK.name, DIRECTORY.name),
        "act_id": (WALL.name, DIRECTORY.name),
    },
}


async def is_own(app: AppState, principal: Principal, field: str, value: str) -> bool:
    """Whether an associate is the one whom the token names, or one of the owners of a customer."""
    if principal.associate_id is None or not _is_id(field, value):
        return False
    if field == "associate_id":
        return value == principal.associate_id
    page = await _page_of(app, value)
    return page is not None and principal.associate_id in _owners_of(page)


async def is_in_stores(app: AppState, principal: Principal, field: str, value: str) -> bool:
    """Whether something belongs to one of the stores that the token is for."""
    stores = principal.stores
    if field in STORES:
        return value in stores
    if not _is_id(field, value):
        return False
    match IDS[field]:
        case "ass":
            return await _work_in(app, stores, [value])
        case "cus":
            page = await _page_of(app, value)
            return page is not None and await _is_served_in(app, stores, page)
        case "act":
            found = await app.tables.read(WALL.name, ACT, {"act_id": value})
            return any(
                [
                    act.store_id in stores if act.store_id else await _work_in(app, stores, act.heroes)
                    for act in acts_of(found.rows)
                ]
            )
        case _:
            history = await history_of(app, value)
            return history is not None and getattr(history.events[0], "store_id", None) in stores


def _is_id(field: str, value: str) -> bool:
    return re.fullmatch(rf"{IDS[field]}_[0-9a-f]{{32}}", value) is not None


async def _is_served_in(app: AppState, stores: frozenset[str], page: CustomerPage) -> bool:
    """A customer is where their owners work; without one, where they registered, else everywhere."""
    if owners := _owners_of(page):
        return await _work_in(app, stores, owners)
    return page.store_id is None or page.store_id in stores


async def _work_in(app: AppState, stores: frozenset[str], associate_ids: Sequence[str]) -> bool:
    parameters = {"associate_ids": list(associate_ids)}
    found = await app.tables.read(DIRECTORY.name, STORES_AMONG, parameters)
    return any(store_id in stores for (store_id,) in found.rows)


async def _page_of(app: AppState, customer_id: str) -> CustomerPage | None:
    found = await app.tables.read(BOOK.name, CUSTOMER_PAGES, {"customer_id": customer_id})
    return customer_of(BOOK.decode(state) for _, _, state in found.rows)


def _owners_of(page: CustomerPage) -> list[str]:
    return [owner for owner in (page.primary_owner, *page.secondary_owners) if owner is not None]
