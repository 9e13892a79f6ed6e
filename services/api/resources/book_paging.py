"""The pages of a book: their parameters, their documents, and the order they follow."""

from typing import Annotated, Final, Literal

import msgspec

from projections.clientele_book.filters import Filter
from projections.clientele_book.queries import Role, Sort
from projections.clientele_book.summary import Summary
from services.api.http.cursors import Cursor, CursorText, name_of_list, read_cursor
from services.api.http.parameters import AsOfReading, Limit, Offset
from services.api.http.problems import Problem

ROLE: Final[dict[str, Role]] = {"primary": "primary", "secondary": "secondary", "all": "any"}
#: Orders the database knows. Names are encrypted there, so that order is made here.
STORED_SORTS: Final[dict[str, Sort]] = {
    "net_spend": "net_spend",
    "visits": "visits",
    "last_visit": "last_visit",
    "last_contact": "last_contact",
}
SortBy = Literal[
    "name", "-name", "net_spend", "-net_spend", "last_visit", "-last_visit",
    "visits", "-visits", "last_contact", "-last_contact", "score", "-score",
]  # fmt: skip

#: What fits a screen. Every customer more is a key to fetch and a name to decrypt.
LIMIT_DEFAULT: Final = 25


class BookPaging(AsOfReading, kw_only=True):
    """A page of a book. `sort` with a minus is descending; `q` searches names, contact points and references.

    `cursor` goes on where the page before ended, whatever happened since; `offset` counts rows of the list as
    it is now, and misses or repeats customers that moved in it. `scores`: also the loyalty score of each
    customer on the page. `only`: who is silent for longer than their own rhythm, who waits for goods, or who
    has an occasion within 14 days of the store's.
    """

    limit: Limit = LIMIT_DEFAULT
    cursor: CursorText | None = None
    offset: Offset = 0
    role: Literal["primary", "secondary", "all"] = "primary"
    sort: SortBy = "-net_spend"
    q: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    scores: bool = False
    only: Filter | None = None

    @property
    def sorted_by(self) -> str:
        """The sort without its direction."""
        return self.sort.removeprefix("-")

    @property
    def descending(self) -> bool:
        """Whether the most come first."""
        return self.sort.startswith("-")


class BookPage(msgspec.Struct, frozen=True, kw_only=True):
    """Customers of one associate; `total` of them match in all. Names of erased customers are null.

    `scores`: by customer, when asked for. `next` is the `cursor` of the next page, null on the last.
    """

    total: int
    customers: list[Summary]
    scores: dict[str, int]
    next: str | None


def list_name(associate_id: str, params: BookPaging) -> str:
    """Which list a page is one of."""
    past = (params.as_of, params.as_of_position, params.as_of_recorded)
    only = () if params.only is None else (params.only,)
    return name_of_list(associate_id, params.role, params.sort, params.q, *past, *only)


def cursor_in(associate_id: str, params: BookPaging) -> Cursor | None:
    """The cursor in the parameters. Raises a 422 problem for one that does not fit them."""
    if params.cursor is None:
        return None
    if params.offset:
        raise Problem(422, "invalid", "A cursor already says where to go on.", field="offset")
    return read_cursor(params.cursor, list_name(associate_id, params))
