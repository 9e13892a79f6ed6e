"""A read costs what concerns it, however large the house: each statement reads as much where there are ten
times as many shops.

What is read is counted (blocks, and rows that are looked at), whether PostgreSQL plans for the parameters or
for any.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib import import_module
from types import ModuleType
from typing import Any, Final

import psycopg
from psycopg import Connection

from domain.ids import account_id_of, calendar_id_of
from domain.messages import Event
from projections.associate_directory.queries import directory, on_the_payroll
from projections.clientele_book.queries import book_list
from projections.commission_ledger.deficits import DEFICITS
from projections.commission_ledger.missing_hours import sales_without_hours
from projections.commission_ledger.queries import statements_in_period
from projections.heroics_wall.queries import waiting, wall
from projections.registry import ALL
from projections.service_standards.queries import weeks_between
from tests.domain.builders.money_commands import ANNA, BEN, CLARA, DORA, STORE
from tests.domain.builders.money_events import (
    commission_earned,
    pay_period_closed,
    pay_period_opened,
    statement_issued,
)
from tests.domain.builders.people_events import heroic_act_reported
from tests.projections.grown import grow, open_house, work_of
from tests.projections.service_standards.shop import COMPANY, EMIL, act, contact, forgotten, promise, sale
from tests.projections.service_standards.test_corrections import merge

SHOPS: Final = (20, 200)
MERGED: Final = "cus_" + "9" * 32
REPORT, VERIFIED = act("2026-03-02", "2026-03-03")
SHOP: Final[list[Event]] = [
    *COMPANY,
    REPORT,
    VERIFIED,
    heroic_act_reported(act_id="act_" + "7" * 32),
    *(
        sale(customer, f"2026-03-{day:02}", day)
        for day, customer in enumerate((CLARA, DORA, EMIL, MERGED), 3)
    ),
    *(contact(customer, "thank_you", "2026-03-09", ANNA) for customer in (CLARA, DORA)),
    promise(CLARA, 1, "2026-03-02", "2026-04-15", BEN),
    *merge("2026-03-10", CLARA, MERGED),
    forgotten(DORA, "2026-03-12"),
    pay_period_opened(),
    pay_period_closed(),
    *(commission_earned(associate_id=who) for who in (ANNA, BEN) for _ in range(20)),
    statement_issued(),
]
ASKED: Final[dict[str, Any]] = {
    "associate_id": ANNA, "associate_ids": [ANNA], "account_id": account_id_of(ANNA), "customer_id": CLARA,
    "customer_ids": [CLARA, DORA], "act_id": REPORT.act_id, "store_id": STORE, "concerned": [BEN, STORE],
    "calendar_id": calendar_id_of("company"), "period_id": "2024-03", "position": len(SHOP),
    "weeks": weeks_between(date(2026, 3, 2), date(2026, 3, 15)), "since": date(2026, 3, 1),
    "until": date(2026, 3, 15), "now": datetime(2026, 6, 30, tzinfo=UTC), "reference": "4711",
    "keys": ["shoes"], "after_key": "", "after_position": 0, "after_n": 0, "after_account_id": "", "limit": 5,
    "offset": 0, "hero": BEN, "before_day": date(2030, 1, 1), "before_key": "act_", "status": "left",
    "before": 2**62, "after_days": 14,
    "scope": STORE, "store_ids": [STORE, "airport"],
}  # fmt: skip
#: What reads the whole house on purpose, or what is the company's: how many of these there are is no matter
#: of how much is sold.
OF_THE_HOUSE: Final = {
    "ALL_ROWS", "ALL_RECORDS", "RECORDS", "JOURNAL", "WORKING", "EVERYBODY", "STORES", "STANDARDS_AND_CLOCKS",
    "CALENDARS", "IN_A_CALENDAR", "VERSIONS", "ACTS",
}  # fmt: skip
MADE: Final = {
    "directory": directory({}),
    "directory of a store": directory({"store_id": STORE}),
    "directory of leavers": directory({"status": "left"}),
    "statements of a period": statements_in_period(),
    "payroll of a store": on_the_payroll(STORE),
    "wall": wall({}),
    "wall of a store": wall({"store_id": STORE}),
    "wall of a hero": wall({"hero": BEN}),
    "wall of a customer": wall({"customer_id": DORA}),
    "waiting in a store": waiting(STORE),
    "further wall": wall({"before_day": date(2030, 1, 1)}),
    "book": book_list(),
    "book in any role": book_list("any", "visits"),
    "deficits": DEFICITS,
    "missing hours of a store": sales_without_hours(STORE),
}
MODULES: Final = [import_module(f"projections.{projection.name}.queries") for projection in ALL]


def statements() -> dict[str, str]:
    """Every statement of the projections' queries, by name."""
    found = {
        f"{module.__name__.split('.')[1]} {name}": sql for module in MODULES for name, sql in _sql_of(module)
    }
    return {name: sql for name, sql in found.items() if name.split()[1] not in OF_THE_HOUSE} | MADE


def _sql_of(module: ModuleType) -> Iterator[tuple[str, str]]:
    for name, value in vars(module).items():
        if name.isupper() and not name.startswith("_") and isinstance(value, str) and "SELECT" in value:
            yield name, value


def counts(connection: Connection[Any]) -> dict[str, int]:
    """What each statement reads, planned for these parameters and planned for any."""
    return {
        f"{name}, planned for {'any' if generic else 'these'}": work_of(
            connection, sql, ASKED, generic=generic
        )
        for name, sql in statements().items()
        for generic in (False, True)
    }


def test_a_read_costs_as_much_in_a_house_ten_times_as_large(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        open_house(connection, SHOP)
        grow(connection, 1, SHOPS[0])
        small = counts(connection)
        grow(connection, SHOPS[0] + 1, SHOPS[1])
        large = counts(connection)
    assert {one: (small[one], large[one]) for one in small if large[one] > 1.5 * small[one] + 20} == {}
