"""Pay, team and stores cost what concerns them, however large the house: as tests/projections has it."""

from typing import Any, Final

import psycopg
from psycopg import Connection

from infra.event_store.recorder import MIGRATIONS
from infra.postgres import migrate
from services.read_models.pay_lines import PAY_LINES
from services.read_models.store_list import STORES
from services.read_models.team_statements import BOOKS, MEMBERS
from tests.projections.grown import grow, open_house, work_of
from tests.projections.test_reads_of_a_grown_house import ASKED, SHOP, SHOPS

STATEMENTS: Final = {"pay lines": PAY_LINES, "members": MEMBERS, "books": BOOKS, "stores": STORES}
GIVEN: Final[dict[str, Any]] = {
    **ASKED,
    "before_position": 10**6,
    "before_n": 0,
    "statements": 3,
    "after_store": "",
}


def counts(connection: Connection[Any]) -> dict[str, int]:
    return {
        f"{name}, {generic}": work_of(connection, sql, GIVEN, generic=generic)
        for name, sql in STATEMENTS.items()
        for generic in (False, True)
    }


def test_pay_and_team_cost_as_much_in_a_house_ten_times_as_large(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        migrate(connection, MIGRATIONS)
        open_house(connection, SHOP)
        grow(connection, 1, SHOPS[0])
        small = counts(connection)
        grow(connection, SHOPS[0] + 1, SHOPS[1])
        large = counts(connection)
    assert min(small.values()) > 0
    assert {one: (small[one], large[one]) for one in small if large[one] > 1.5 * small[one] + 20} == {}
