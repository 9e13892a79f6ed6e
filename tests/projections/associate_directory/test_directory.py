"""Who works here, and the directory on a real PostgreSQL."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from psycopg import Connection

from domain.messages import Event
from projections.associate_directory.fold import PROJECTION, Associate
from projections.associate_directory.queries import (
    ASSOCIATE,
    BY_REFERENCE,
    KNOWN_STORES,
    STORES,
    WORKING,
    WORKING_IN_STORE,
    WORKPLACE,
    WORKS_HERE,
    associate_document,
    on_the_payroll,
)
from projections.associate_directory.queries import directory as directory_of
from tests.domain.builders.money_commands import ANNA, BEN, CARL, SOLD_AT, STORE
from tests.domain.builders.money_events import (
    associate_hired,
    associate_left,
    associate_transferred,
    pay_plan_changed,
)
from tests.projections.folding import columns_after, folded, state_after
from tests.projections.grown import work_of
from tests.projections.stored import store, stored


def associate_after(*events: Event) -> Associate:
    return state_after(PROJECTION, *events)


def test_somebody_hired_works_in_a_store_on_the_plan_they_were_hired_with() -> None:
    hired = associate_hired(name="sealed:name", reference="7", made_up=True)
    document = associate_document(associate_after(hired), date(2024, 3, 1))
    assert (document.status, document.store_id, document.department) == ("working", STORE, "shoes")
    assert (document.name, document.reference, document.made_up) == ("sealed:name", "7", True)
    assert document.plan is not None
    assert (document.plan.plan_no, document.plan.plan) == (0, hired.plan)


def test_another_plan_holds_from_its_day_on() -> None:
    associate = associate_after(associate_hired(), pay_plan_changed())
    days = [date(2024, 3, 15), date(2024, 3, 16)]
    assert [plan and plan.plan_no for plan in map(associate.plan_on, days)] == [
        0,
        1,
    ]  # fmt: skip
    before_hiring = associate.plan_on(date(1990, 1, 1))
    assert before_hiring is not None
    assert before_hiring.plan_no == 0


def test_of_two_plans_of_one_day_the_one_agreed_later_holds() -> None:
    associate = associate_after(associate_hired(), pay_plan_changed(plan_no=1), pay_plan_changed(plan_no=2))
    plan = associate.plan_on(date(2024, 3, 16))
    assert plan is not None
    assert plan.plan_no == 2


def test_somebody_transferred_works_elsewhere_and_all_stores_are_remembered() -> None:
    history = (associate_hired(), associate_transferred())
    document = associate_document(associate_after(*history), date(2024, 3, 1))
    assert (document.store_id, document.department) == ("uptown", "gifts")
    assert [(posting.store_id, posting.since) for posting in document.postings] == [
        (STORE, associate_hired().occurred_at),
        ("uptown", SOLD_AT),
    ]
    assert columns_after(PROJECTION, *history)["stores"] == [STORE, "uptown"]


def test_somebody_who_left_stays_in_the_directory_with_their_successors() -> None:
    document = associate_document(associate_after(associate_hired(), associate_left()), date(2024, 6, 1))
    assert (document.status, document.left_on, document.successors) == ("left", date(2024, 3, 31), (BEN,))
    assert document.store_id == STORE


# --- the tables ---------------------------------------------------------------------------------------------

STAFF: list[Event] = [
    associate_hired(reference="7"),
    associate_transferred(occurred_at=SOLD_AT + timedelta(days=1)),
    associate_hired(associate_id=BEN, made_up=True),
    associate_left(associate_id=BEN, successors=()),
    associate_hired(associate_id=CARL, store_id="uptown"),
]


@pytest.fixture
def directory(database_url: str) -> Iterator[Connection[Any]]:
    with stored(database_url, folded(PROJECTION, *STAFF)) as connection:
        yield connection


def add_people(connection: Connection[Any], numbers: range) -> None:
    """Hire so many in two stores."""
    hired = [
        associate_hired(associate_id=f"ass_{n:032x}", store_id=(STORE, "uptown")[n % 2]) for n in numbers
    ]
    store(connection, folded(PROJECTION, *hired))


def keys(connection: Connection[Any], query: str, **parameters: Any) -> list[str]:
    return [row[0] for row in connection.execute(query.encode(), parameters).fetchall()]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [ANNA, BEN, CARL]),
        ({"store_id": "uptown"}, [ANNA, CARL]),
        ({"status": "working"}, [ANNA, CARL]),
        ({"made_up": True}, [BEN]),
        ({"after_key": ANNA, "limit": 1}, [BEN]),
    ],
)
def test_the_directory_is_asked_by_store_status_and_who_was_made_up(
    directory: Connection[Any], asked: dict[str, Any], found: list[str]
) -> None:
    anybody = {"store_id": None, "status": None, "made_up": None, "after_key": "", "limit": 10}
    parameters = {**anybody, **asked}
    assert keys(directory, directory_of(parameters), **parameters) == found


def test_an_associate_is_found_by_identifier_and_by_reference(directory: Connection[Any]) -> None:
    assert keys(directory, ASSOCIATE, associate_id=ANNA) == [ANNA]
    assert keys(directory, BY_REFERENCE, reference="7") == [ANNA]


def test_a_pay_run_asks_for_everybody_who_ever_worked_in_its_scope(directory: Connection[Any]) -> None:
    for scope, after, found in (
        ("company", "", [ANNA, BEN, CARL]),
        (STORE, "", [ANNA, BEN]),
        ("uptown", ANNA, [CARL]),
    ):
        assert keys(directory, on_the_payroll(scope), scope=scope, after_key=after, limit=10) == found


def test_who_may_take_over_a_book_works_here(directory: Connection[Any]) -> None:
    assert keys(directory, WORKING) == [ANNA, CARL]
    assert keys(directory, WORKING_IN_STORE, store_id="uptown") == [ANNA, CARL]
    assert keys(directory, WORKING_IN_STORE, store_id=STORE) == []
    assert [keys(directory, WORKS_HERE, associate_id=one) for one in (ANNA, BEN)] == [[ANNA], []]
    assert directory.execute(WORKPLACE.encode(), {"associate_id": CARL}).fetchall() == [("uptown", "shoes")]


def test_a_store_is_known_as_long_as_somebody_once_came_to_work_there(directory: Connection[Any]) -> None:
    assert sorted(keys(directory, STORES)) == sorted([STORE, "uptown"])
    assert keys(directory, KNOWN_STORES, store_ids=["airport", "uptown"]) == ["uptown"]


def test_no_stores_are_known_where_nobody_was_hired(database_url: str) -> None:
    with stored(database_url, folded(PROJECTION)) as empty:
        assert keys(empty, STORES) == []


def test_the_stores_are_read_without_whoever_works_there(database_url: str) -> None:
    with stored(database_url, folded(PROJECTION)) as connection:
        work: list[dict[str, int]] = []
        for staff in (range(20), range(20, 1_000)):
            add_people(connection, staff)
            connection.execute("VACUUM (ANALYZE)")
            work.append(
                {
                    sql: work_of(connection, sql, {"store_ids": ["uptown", "airport"]}, generic=True)
                    for sql in (STORES, KNOWN_STORES)
                }
            )
    few, many = work
    assert {sql: (few[sql], many[sql]) for sql in few if many[sql] > few[sql] + 10} == {}
