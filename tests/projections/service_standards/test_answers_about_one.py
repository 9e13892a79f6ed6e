"""What is asked about one associate or store is what the house's answer says of them, whatever was merged,
handed over, forgotten or told late; from the rows that concern them alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from psycopg import Connection

from domain.messages import Event
from infra.ids import seeded_source
from projections.service_context.fold import PROJECTION as CONTEXT
from projections.service_standards.fold import PROJECTION as STANDARDS
from services.read_models.service_standards import Question, Rows, read_kept_customers, read_weeks
from services.read_models.tables import Query
from tests.domain.builders.money_commands import ANNA, BEN, CARL, STORE
from tests.domain.builders.money_events import associate_transferred
from tests.projections.folding import folded
from tests.projections.service_standards.shop import (
    COMPANY,
    EVER,
    act,
    at,
    contact,
    forgotten,
    handed_over,
    kept,
    owned,
    promise,
    sale,
)
from tests.projections.service_standards.test_corrections import merge, unmerge
from tests.projections.stored import stored

DAYS = 110
CUSTOMERS = [f"cus_{number:032x}" for number in range(12)]
WEEKS = [date(2026, 3, 30) + timedelta(weeks=number) for number in range(10)]
STAFF, STORES = (ANNA, BEN, CARL), (STORE, "uptown")


def history(seed: int) -> list[Event]:
    """A hundred days of a shop in which anything may happen to anybody."""
    choose = seeded_source(seed)
    events: list[Event] = list(COMPANY)
    parts: dict[str, str] = {}
    for number in range(DAYS):
        day = str(date(2026, 2, 20) + timedelta(days=number))
        one, other = choose.sample(CUSTOMERS, 2)
        by = choose.choice(STAFF)
        match choose.randrange(11):
            case 0 if one not in parts and other not in {*parts, *parts.values()}:
                parts[other] = one
                events += merge(day, one, other)
            case 1 if one in parts:
                events += unmerge(day, parts.pop(one), one)
            case 2:
                events.append(owned(one, by, day))
            case 3:
                events.append(handed_over(one, by, day))
            case 4:
                events.append(promise(one, number, day, day, choose.choice([by, None])))
            case 5:
                events.append(kept(one, choose.randrange(number + 1), day))
            case 6 if choose.random() < 0.3:
                events.append(forgotten(one, day))
            case 7:
                events.append(
                    associate_transferred(
                        associate_id=by, store_id=choose.choice(STORES), occurred_at=at(day)
                    )
                )
            case 8:
                told = {
                    "store_id": choose.choice([*STORES, None]),
                    "heroes": (by,),
                    "act_id": f"act_{number:032x}",
                }
                report, verified = act(day, day, **told)
                events += [report, verified]
            case 9:
                events.append(contact(one, choose.choice(["thank_you", "lapsing"]), day, by))
            case _:
                events.append(sale(one, day, number, store_id=choose.choice(STORES)))
    return events


@pytest.fixture(params=range(4))
def shop(database_url: str, request: pytest.FixtureRequest) -> Iterator[Connection[Any]]:
    events = history(request.param)
    with stored(database_url, folded(CONTEXT, *events), folded(STANDARDS, *events)) as connection:
        yield connection


def pasts() -> list[Question]:
    start, end = date(2026, 3, 2), date(2026, 6, 14)
    instant, then = at("2026-06-14"), at("2026-04-20")
    return [
        *(Question(week, week + timedelta(days=6), EVER, instant) for week in WEEKS),
        Question(start, end, EVER, instant),
        Question(start, end, 100, then, is_past=True),
        Question(start, end, EVER, then, is_past=True),
    ]


def asked_about(question: Question, **one: Any) -> Question:
    return replace(question, **one)


def test_an_answer_about_one_is_what_the_houses_says_of_them(shop: Connection[Any]) -> None:
    def read(queries: Sequence[Query]) -> Sequence[Rows]:
        return [shop.execute(query.sql.encode(), query.parameters).fetchall() for query in queries]

    def dues(question: Question) -> list[Any]:
        return [due for measure in read_weeks(question, read).measures for due in measure.events]

    compared = 0
    for question in pasts():
        of_house = dues(question)
        for associate_id in STAFF:
            theirs = [due for due in of_house if due.associate_id == associate_id]
            assert dues(asked_about(question, associate_id=associate_id)) == theirs
            compared += len(theirs)
        for store_id in STORES:
            there = [due for due in of_house if due.store_id == store_id]
            assert dues(asked_about(question, store_id=store_id)) == there
            compared += len(there)
    assert compared > 50


def test_kept_customers_of_a_store_are_those_that_all_records_give(
    shop: Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(queries: Sequence[Query]) -> Sequence[Rows]:
        return [shop.execute(query.sql.encode(), query.parameters).fetchall() for query in queries]

    of_rows_asked_for = [
        read_kept_customers(asked_about(question, store_id=store_id), read)
        for question in pasts()
        for store_id in STORES
    ]
    monkeypatch.setattr("services.read_models.service_standards._concerned", lambda *_: None)
    of_all_rows = [
        read_kept_customers(asked_about(question, store_id=store_id), read)
        for question in pasts()
        for store_id in STORES
    ]
    assert of_rows_asked_for == of_all_rows
    assert any(one.tenure and one.spend for one in of_all_rows)
