"""Reading books on a real PostgreSQL: lists, pages of persons, wishes that came in, and what a leaver leaves
behind.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from psycopg import Connection

from domain.messages import Event
from domain.stock_arrival.events import ArrivedItem
from projections.clientele_book.document import customer_document
from projections.clientele_book.fold import PROJECTION
from projections.clientele_book.page import CustomerPage
from projections.clientele_book.queries import (
    BOOK_PAGES,
    BOOK_SIZES,
    CUSTOMER_PAGES,
    LEAVERS_CUSTOMERS,
    WAITING_PAGES,
    arrived_wishes,
    book_list,
    book_of,
    customer_of,
    keys_of_arrival,
    ranked,
)
from projections.clientele_book.summary import Summary, summary_of
from tests.domain.builders.money_commands import ANNA, BEN, CARL, CLARA, DORA, SHOES, SOLD_AT
from tests.domain.builders.money_events import sale_recorded, sold_line
from tests.domain.builders.people_events import (
    contact_logged,
    customer_forgotten,
    customer_registered,
    customers_merged,
    follow_up_planned,
    owner_assigned,
    wish_recorded,
)
from tests.projections.folding import folded
from tests.projections.stored import stored

EVE, FAY, GWEN = ("cus_" + digit * 32 for digit in "345")
SURVIVES, MERGED = customers_merged()


def of(customer_id: str, *events: Event) -> list[Event]:
    """The events, as events about somebody else."""
    return [replace(event, customer_id=customer_id) for event in events]


def sale(net_minor: int, days: int = 0) -> Event:
    return sale_recorded(sold_line(net_minor=net_minor), occurred_at=SOLD_AT + timedelta(days=days))


#: Anna's book: Clara (spent most), Eve (came last), Fay (bought nothing, was called). Ben's: Dora, whom Anna
#: serves too.
BOOKS = [
    *of(CLARA, customer_registered(), owner_assigned(), sale(90_000)),
    *of(EVE, owner_assigned(), sale(10_000, days=9), sale(10_000)),
    *of(FAY, owner_assigned(), contact_logged()),
    *of(DORA, owner_assigned(associate_id=BEN), sale(50_000)),
    *of(DORA, owner_assigned(associate_id=ANNA, role="secondary")),
]
DORA_IS_CLARA = [*BOOKS, SURVIVES, MERGED]


@pytest.fixture
def books(database_url: str) -> Iterator[Connection[Any]]:
    with stored(database_url, folded(PROJECTION, *BOOKS)) as connection:
        yield connection


@pytest.fixture
def merged_books(database_url: str) -> Iterator[Connection[Any]]:
    with stored(database_url, folded(PROJECTION, *DORA_IS_CLARA)) as connection:
        yield connection


def listed(
    connection: Connection[Any], query: str, limit: int = 10, offset: int = 0
) -> tuple[int, bool, list[str]]:
    row = connection.execute(
        query.encode(), {"associate_id": ANNA, "limit": limit, "offset": offset}
    ).fetchone()
    assert row is not None
    total, related, customers = row
    return total, related, [s.customer_id for s in msgspec.json.decode(customers, type=list[Summary])]


def pages(connection: Connection[Any], query: str, **parameters: Any) -> list[CustomerPage]:
    rows = connection.execute(query.encode(), parameters).fetchall()
    return [PROJECTION.decode(state) for _, _, state in rows]


@pytest.mark.parametrize(
    ("sort", "descending", "customers"),
    [
        ("net_spend", True, [CLARA, EVE, FAY]),
        ("net_spend", False, [FAY, EVE, CLARA]),
        ("visits", True, [EVE, CLARA, FAY]),
        ("last_visit", True, [EVE, CLARA, FAY]),
        ("last_visit", False, [FAY, CLARA, EVE]),
        ("last_contact", True, [FAY, CLARA, EVE]),
        ("last_contact", False, [CLARA, EVE, FAY]),
    ],
)
def test_a_book_is_listed_in_any_order_and_pages_agree_with_it(
    books: Connection[Any], sort: Any, descending: bool, customers: list[str]
) -> None:
    query = book_list(sort=sort, descending=descending)
    assert listed(books, query) == (3, False, customers)
    in_book = book_of(pages(books, BOOK_PAGES, associate_id=ANNA), ANNA)
    assert [page.customer_id for page in ranked(in_book, sort, descending=descending)] == customers


def test_a_page_of_a_list_has_its_limit_and_its_offset_and_the_whole_total(books: Connection[Any]) -> None:
    assert listed(books, book_list(), limit=1, offset=1) == (3, False, [EVE])
    assert listed(books, book_list(), offset=3) == (3, False, [])


def test_a_list_is_the_summaries_of_the_pages_spliced(books: Connection[Any]) -> None:
    parameters = {"associate_id": ANNA, "limit": 10, "offset": 0}
    row = books.execute(book_list().encode(), parameters).fetchone()
    assert row is not None
    in_book = ranked(book_of(pages(books, BOOK_PAGES, associate_id=ANNA), ANNA))
    assert row[2].encode() == msgspec.json.encode([summary_of(page) for page in in_book])


def test_further_columns_can_be_read_beside_a_list(books: Connection[Any]) -> None:
    query = book_list(beside="(SELECT array_agg(key) FROM page) AS keys, 7 AS lucky")
    row = books.execute(query.encode(), {"associate_id": ANNA, "limit": 2, "offset": 0}).fetchone()
    assert row is not None
    assert row[3:] == ([CLARA, EVE], 7)


def test_books_of_secondary_owners_are_listed_too(books: Connection[Any]) -> None:
    assert listed(books, book_list("secondary")) == (1, False, [DORA])
    assert listed(books, book_list("any")) == (4, False, [CLARA, DORA, EVE, FAY])


def test_a_merged_person_makes_a_list_say_that_it_must_be_combined(merged_books: Connection[Any]) -> None:
    total, related, _ = listed(merged_books, book_list())
    assert (total, related) == (3, True)
    in_book = ranked(book_of(pages(merged_books, BOOK_PAGES, associate_id=ANNA), ANNA))
    assert [(page.customer_id, page.net_spend_minor) for page in in_book] == [
        (CLARA, 140_000),
        (EVE, 20_000),
        (FAY, 0),
    ]


def test_a_record_that_is_a_part_of_another_one_is_no_customer_of_its_own(database_url: str) -> None:
    fay_is_clara = [*of(CLARA, replace(SURVIVES, other_customer_id=FAY)), *of(FAY, MERGED)]
    with stored(database_url, folded(PROJECTION, *BOOKS, *fay_is_clara)) as connection:
        assert listed(connection, book_list()) == (2, True, [CLARA, EVE])


def test_the_owner_of_an_absorbed_record_finds_the_person(merged_books: Connection[Any]) -> None:
    in_book = book_of(pages(merged_books, BOOK_PAGES, associate_id=BEN), BEN, "secondary")
    assert [page.customer_id for page in in_book] == [CLARA]
    row = merged_books.execute(
        book_list("secondary").encode(), {"associate_id": BEN, "limit": 10, "offset": 0}
    ).fetchone()
    assert row is not None
    assert row[1] is True


def test_a_merged_record_is_left_behind_by_its_own_owner(merged_books: Connection[Any]) -> None:
    rows = merged_books.execute(LEAVERS_CUSTOMERS.encode(), {"associate_id": BEN}).fetchall()
    assert rows == [(DORA, CLARA, 50_000)]


def test_the_size_of_a_book_counts_persons(merged_books: Connection[Any]) -> None:
    asked = {"associate_ids": [ANNA, BEN, CARL]}
    assert merged_books.execute(BOOK_SIZES.encode(), asked).fetchall() == [(ANNA, 3)]


def test_who_was_forgotten_makes_no_book_larger(database_url: str) -> None:
    with stored(database_url, folded(PROJECTION, *BOOKS, *of(FAY, customer_forgotten()))) as connection:
        assert listed(connection, book_list()) == (3, False, [CLARA, EVE, FAY])
        rows = connection.execute(BOOK_SIZES.encode(), {"associate_ids": [ANNA]}).fetchall()
    assert rows == [(ANNA, 2)]


@pytest.mark.parametrize("asked_for", [CLARA, DORA])
def test_a_person_is_found_by_any_of_their_records(merged_books: Connection[Any], asked_for: str) -> None:
    person = customer_of(pages(merged_books, CUSTOMER_PAGES, customer_id=asked_for))
    assert person is not None
    document = customer_document(person)
    assert document.records == [CLARA, DORA]
    assert document.summary.net_spend_minor == 140_000


def test_nobody_is_found_where_nobody_is(books: Connection[Any]) -> None:
    assert customer_of(pages(books, CUSTOMER_PAGES, customer_id=GWEN)) is None


def test_customers_who_wait_for_what_came_in_are_found(database_url: str) -> None:
    history = [
        *of(CLARA, wish_recorded(label="Alden", sku=None, size="9"), owner_assigned()),
        *of(DORA, wish_recorded(label=None, sku=SHOES, size=None)),
        *of(EVE, wish_recorded(label="Alden", sku=None, size="10")),
        *of(FAY, wish_recorded(label="Hestra", sku=None, size=None)),
    ]
    arrived = [ArrivedItem(sku=SHOES, label="Alden", size="9")]
    keys = keys_of_arrival(arrived)
    assert keys == ["label:alden", "size:9", f"sku:{SHOES}"]
    with stored(database_url, folded(PROJECTION, *history)) as connection:
        waiting = pages(connection, WAITING_PAGES, keys=keys)
    assert {page.customer_id for page in waiting} == {CLARA, DORA, EVE}
    found = arrived_wishes(waiting, arrived)
    assert [(came.customer_id, came.wish.wish_id, came.primary_owner) for came in found] == [
        (CLARA, 1, ANNA),
        (DORA, 1, None),
    ]  # fmt: skip


def test_a_wish_is_announced_once_a_follow_up_about_it_is_due() -> None:
    clara, dora = (
        wish_recorded(label="Alden", sku=None, size=None, customer_id=one) for one in (CLARA, DORA)
    )
    promised = follow_up_planned(customer_id=DORA, wish_id=1)
    pages_folded = folded(PROJECTION, clara, dora, promised, SURVIVES, MERGED).states.values()
    hers, of_her_other_record = arrived_wishes(pages_folded, [ArrivedItem(sku=SHOES, label="Alden")])
    assert (hers.record, of_her_other_record.record) == (CLARA, DORA)
    assert not hers.is_announced(promised.due_on)
    assert of_her_other_record.is_announced(promised.due_on)
    assert not of_her_other_record.is_announced(promised.due_on - timedelta(days=1))


def test_a_leaver_leaves_behind_the_customers_of_their_own_book_dearest_first(database_url: str) -> None:
    left_by_merge = [
        *of(GWEN, customer_registered()),
        *of(EVE, *customers_merged(other_customer_id=GWEN, survives=False)[:1]),
    ]
    forgotten = of(FAY, customer_forgotten())
    history = [*BOOKS, *of(DORA, owner_assigned(associate_id=CARL, role="secondary"))]
    with stored(database_url, folded(PROJECTION, *history, *left_by_merge, *forgotten)) as connection:
        rows = connection.execute(LEAVERS_CUSTOMERS.encode(), {"associate_id": ANNA}).fetchall()
        # Gwen's other record is Anna's, too: it goes with her, in case the two are told apart again.
        assert rows == [(CLARA, CLARA, 90_000), (EVE, GWEN, 20_000)]
        assert connection.execute(LEAVERS_CUSTOMERS.encode(), {"associate_id": CARL}).fetchall() == []
