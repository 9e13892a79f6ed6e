"""The statements on a book in a stored order: its first page, and the pages behind it."""

from typing import Final

from infra.vault import KEYS_JSON
from projections.clientele_book.queries import Role, Sort, book_list, book_list_after
from services.api.resources.book_paging import ROLE, STORED_SORTS
from services.read_models.tables import CHECKPOINT

#: A list, the data keys of its customers and the position: one statement for the page that is opened most.
BESIDE_LIST: Final = (
    "ARRAY(SELECT key FROM page) AS shown, "
    + KEYS_JSON.format(subjects="SELECT key FROM page")
    + f" AS keys, ({CHECKPOINT}) AS position"
)
LAST: Final = "(SELECT key FROM page OFFSET greatest(%(limit)s - 1, 0) LIMIT 1) AS last"
ORDERS: Final[list[tuple[Role, Sort, bool]]] = [
    (role, sort, descending)
    for role in ROLE.values()
    for sort in STORED_SORTS.values()
    for descending in (True, False)
]
LISTS: Final = {
    (role, sort, descending): book_list(role, sort, descending=descending, beside=f"{LAST}, {BESIDE_LIST}")
    for role, sort, descending in ORDERS
}
LISTS_AFTER: Final = {
    (role, sort, descending): book_list_after(role, sort, descending=descending, beside=BESIDE_LIST)
    for role, sort, descending in ORDERS
}
