"""Queries of the clientele book: the SQL, and how rows become documents.

A book's list is spliced from the summaries in the rows, without decoding a page (`book_list`). Where one of
its customers has several records (`related`), the pages of the book are read and combined instead
(`BOOK_PAGES`, `book_of`, `ranked`). Parameters are psycopg's named ones. Encrypted texts are decrypted at the
edge.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, Final, Literal

import msgspec

from domain.customer.wishes import folded, meets_wish
from domain.stock_arrival.events import ArrivedItem
from projections.clientele_book.combined import people
from projections.clientele_book.page import (
    CustomerPage,
    Wish,
)
from projections.clientele_book.summary import keys_of

Role = Literal["primary", "secondary", "any"]
Sort = Literal["net_spend", "visits", "last_visit", "last_contact"]

_OWNED: Final[dict[Role, str]] = {
    "primary": "primary_owner = %(associate_id)s",
    "secondary": "secondary_owners @> ARRAY[%(associate_id)s]",
    "any": "(primary_owner = %(associate_id)s OR secondary_owners @> ARRAY[%(associate_id)s])",
}
_COLUMN: Final[dict[Sort, str]] = {
    "net_spend": "net_spend_minor",
    "visits": "visits",
    "last_visit": "last_visit_at",
    "last_contact": "last_contact_at",
}
#: The same without a null, and its type: what never was comes last in descending order.
_ORDERED_BY: Final[dict[Sort, tuple[str, str]]] = {
    "net_spend": ("net_spend_minor", "bigint"),
    "visits": ("visits", "integer"),
    "last_visit": ("coalesce(last_visit_at, '-infinity')", "timestamptz"),
    "last_contact": ("coalesce(last_contact_at, '-infinity')", "timestamptz"),
}
_NEVER: Final = {"bigint": "0", "integer": "0", "timestamptz": "'-infinity'"}


def book_list(
    role: Role = "primary", sort: Sort = "net_spend", *, descending: bool = True, beside: str = ""
) -> str:
    """One row: `total` customers, whether any of them is `related` to another record, and `customers`, a JSON
    array of summaries.

    Parameters: associate_id, limit, offset. What was never (visited, contacted) comes last in descending
    order. When `related` is true the list may show one person twice or under one record only: read the pages
    instead.
    `beside` is the text of further columns; they can select from `page` (key, summary), the customers that
    are listed.
    """
    owned, order = owned_by(role), order_of(sort, descending=descending)
    return f"""
        WITH page AS MATERIALIZED (
            SELECT key, summary::text AS summary FROM projections.clientele_book
            WHERE {owned} AND merged_into IS NULL
            ORDER BY {order}, key LIMIT %(limit)s OFFSET %(offset)s
        )
        SELECT
            (SELECT count(*) FROM projections.clientele_book WHERE {owned} AND merged_into IS NULL) AS total,
            EXISTS (SELECT FROM projections.clientele_book WHERE {_OWNED["any"]} AND related) AS related,
            (SELECT '[' || coalesce(string_agg(summary, ','), '') || ']' FROM page) AS customers
            {"," + beside if beside else ""}
    """


def owned_by(role: Role) -> str:
    """The condition that a record is an associate's in a role. Parameter: associate_id."""
    return _OWNED[role]


def order_of(sort: Sort, *, descending: bool) -> str:
    """What the customers of a list are ordered by; ties are broken by key."""
    if sort == "net_spend" and descending:
        return "net_spend_minor DESC"  # Never null: said so, the index gives this order.
    return f"{_COLUMN[sort]} DESC NULLS LAST" if descending else f"{_COLUMN[sort]} ASC NULLS FIRST"


def book_list_after(role: Role, sort: Sort, *, descending: bool, beside: str = "") -> str:
    """One row like that of `book_list`, of the customers behind one of them in the order that the book had at
    a position; then the `last` of them, whether there is `more`, and `unknown`: whose value of then is
    needed.

    Parameters: associate_id, limit, after, position; `moved` and `values` say what those who changed since
    were sorted by then, as text; null for never, and nothing at all for who was not in the book. Of who is
    `unknown` they have to be found out, and the page is to be asked for again with all of them in `known`.
    """
    owned, (value, kind) = _OWNED[role], _ORDERED_BY[sort]
    behind, order = ("<", "DESC") if descending else (">", "ASC")
    return f"""
        WITH moved AS MATERIALIZED (
            SELECT key, coalesce(value::{kind}, {_NEVER[kind]}) AS value
            FROM unnest(%(moved)s::text[], %(values)s::text[]) AS moved (key, value)
        ), book AS MATERIALIZED (
            SELECT key, position, related, {value} AS value FROM projections.clientele_book
            WHERE {owned} AND merged_into IS NULL
        ), place AS MATERIALIZED (
            SELECT value FROM moved WHERE key = %(after)s
            UNION ALL
            SELECT value FROM book WHERE key = %(after)s AND position <= %(position)s
        ), listed AS MATERIALIZED (
            SELECT key, coalesce(moved.value, book.value) AS value FROM book LEFT JOIN moved USING (key)
            WHERE position <= %(position)s OR moved.key IS NOT NULL
        ), behind AS MATERIALIZED (
            SELECT listed.key, row_number() OVER (ORDER BY listed.value {order}, key)
            FROM listed, place
            WHERE listed.value {behind} place.value OR listed.value = place.value AND key > %(after)s
            ORDER BY 2 LIMIT %(limit)s + 1
        ), page AS MATERIALIZED (
            SELECT key, row_number, summary::text AS summary
            FROM behind JOIN projections.clientele_book USING (key)
            WHERE row_number <= %(limit)s ORDER BY row_number
        )
        SELECT
            (SELECT count(*) FROM book) AS total,
            EXISTS (SELECT FROM projections.clientele_book WHERE {_OWNED["any"]} AND related) AS related,
            (SELECT '[' || coalesce(string_agg(summary, ',' ORDER BY row_number), '') || ']' FROM page)
                AS customers,
            (SELECT key FROM page ORDER BY row_number DESC LIMIT 1) AS last,
            (SELECT count(*) > %(limit)s FROM behind) AS more,
            (
                SELECT coalesce(array_agg(key), '{{}}') FROM (
                    SELECT key FROM book WHERE position > %(position)s
                    UNION SELECT %(after)s WHERE NOT EXISTS (SELECT FROM place)
                ) AS changed WHERE key <> ALL(%(known)s::text[])
            ) AS unknown
            {"," + beside if beside else ""}
    """


def _records_of(persons: str) -> str:
    # Merges are one level deep, so a person is a survivor and the records that point to it.
    return f"""
        WITH person AS (
            SELECT DISTINCT coalesce(merged_into, key) AS survivor FROM projections.clientele_book
            WHERE {persons}
        )
        SELECT book.key, book.position, book.state::text AS state
        FROM person JOIN projections.clientele_book AS book ON book.key = person.survivor
        UNION ALL
        SELECT book.key, book.position, book.state::text AS state
        FROM person JOIN projections.clientele_book AS book ON book.merged_into = person.survivor
    """


#: Every record (key, position, state) of everyone in an associate's book, in whatever role. Parameter:
#: associate_id. Merged and other records are distinguished because each has an index of its own; merged ones
#: are `related`.
BOOK_PAGES: Final = _records_of(
    f"{_OWNED['primary']} AND merged_into IS NULL OR {_OWNED['primary']} AND related OR {_OWNED['secondary']}"
)
#: The same of everyone who may be on an associate's list of the day: their own customers, and whoever they
#: have promised something to. Parameter: associate_id.
TODAY_PAGES: Final = _records_of(
    f"{_OWNED['primary']} AND merged_into IS NULL OR {_OWNED['primary']} AND related "
    "OR promised_by @> ARRAY[%(associate_id)s]"
)
#: Every record of one person, whichever of them is asked for. Parameter: customer_id.
CUSTOMER_PAGES: Final = _records_of("key = %(customer_id)s")
#: Every record of everyone with an open wish that names one of the keys. Parameter: keys (see
#: `keys_of_arrival`).
WAITING_PAGES: Final = _records_of("waiting && %(keys)s::text[]")

#: The records whose primary owner is a leaver, the highest spend first: key, the person's active record,
#: net_spend_minor. Merged records are among them, because they may be unmerged. Parameter: associate_id.
LEAVERS_CUSTOMERS: Final = """
    SELECT key, coalesce(merged_into, key) AS person, net_spend_minor FROM projections.clientele_book
    WHERE primary_owner = %(associate_id)s AND (merged_into IS NULL OR related) AND NOT forgotten
    ORDER BY net_spend_minor DESC, key
"""

#: How many customers each of these associates leads: primary_owner, count; none for an empty book. Forgotten
#: customers keep their owner, for the sums, but are not counted. Parameter: associate_ids.
BOOK_SIZES: Final = """
    SELECT primary_owner, count(*) FROM projections.clientele_book
    WHERE primary_owner = ANY(%(associate_ids)s) AND merged_into IS NULL AND NOT forgotten
    GROUP BY primary_owner
"""


def book_of(records: Iterable[CustomerPage], associate_id: str, role: Role = "primary") -> list[CustomerPage]:
    """The customers of a book, one page per person, out of the records of BOOK_PAGES."""
    return [page for page in people(records) if _is_owned(page, associate_id, role)]


def today_pages(records: Iterable[CustomerPage], associate_id: str) -> list[CustomerPage]:
    """One page per person, out of the records of TODAY_PAGES."""
    return [
        page
        for page in people(records)
        if page.primary_owner == associate_id
        or any(promise.associate_id == associate_id for promise in page.follow_ups)
    ]


def promisers(pages: Iterable[CustomerPage], associate_id: str) -> list[str]:
    """Who else has promised something to these customers."""
    named = {promise.associate_id for page in pages for promise in page.follow_ups}
    return sorted(who for who in named if who is not None and who != associate_id)


def _is_owned(page: CustomerPage, associate_id: str, role: Role) -> bool:
    primary, secondary = page.primary_owner == associate_id, associate_id in page.secondary_owners
    return {"primary": primary, "secondary": secondary, "any": primary or secondary}[role]


_RANK: Final[dict[Sort, Callable[[CustomerPage], Any]]] = {
    "net_spend": lambda page: page.net_spend_minor,
    "visits": lambda page: page.visits,
    "last_visit": lambda page: page.last_visit_at,
    "last_contact": lambda page: page.last_contact.contacted_at if page.last_contact else None,
}


def rank_of(page: CustomerPage, sort: Sort) -> Any:
    """What a page is sorted by; None for what never was."""
    return _RANK[sort](page)


def ranked(
    pages: Iterable[CustomerPage], sort: Sort = "net_spend", *, descending: bool = True
) -> list[CustomerPage]:
    """Pages in the order of `book_list`: ties by key, what never was last in descending order, first in
    ascending.
    """
    rank = _RANK[sort]
    by_key = sorted(pages, key=lambda page: page.customer_id)
    known = sorted((page for page in by_key if rank(page) is not None), key=rank, reverse=descending)
    never = [page for page in by_key if rank(page) is None]
    return [*known, *never] if descending else [*never, *known]


def customer_of(records: Iterable[CustomerPage]) -> CustomerPage | None:
    """The one person out of the records of CUSTOMER_PAGES."""
    found = people(records)
    return found[0] if found else None


def keys_of_arrival(items: Iterable[ArrivedItem]) -> list[str]:
    """The keys by which wishes name arrived goods, sorted, each once."""
    return sorted({folded(key) for item in items for key in keys_of(item)})


class ArrivedWish(msgspec.Struct, frozen=True):
    """An open wish that arrived goods fulfil. `customer_id` is the person's active record; `wish.record`
    names another one that the wish was recorded in. `page` is their whole page.
    """

    customer_id: str
    primary_owner: str | None
    wish: Wish
    page: CustomerPage

    @property
    def record(self) -> str:
        """The record that the wish and its number belong to."""
        return self.wish.record or self.customer_id

    def is_announced(self, day: date) -> bool:
        """Whether a follow-up about this very wish is due already."""
        return any(
            (promise.record or self.customer_id, promise.wish_id) == (self.record, self.wish.wish_id)
            and promise.due_on <= day
            for promise in self.page.follow_ups
        )


def arrived_wishes(records: Iterable[CustomerPage], items: Iterable[ArrivedItem]) -> list[ArrivedWish]:
    """The wishes that arrived goods fulfil, out of the records of WAITING_PAGES, by customer and wish."""
    arrived = tuple(items)
    return [
        ArrivedWish(page.customer_id, page.primary_owner, wish, page)
        for page in sorted(people(records), key=lambda page: page.customer_id)
        for wish in page.open_wishes()
        if any(meets_wish(wish, item) for item in arrived)
    ]
