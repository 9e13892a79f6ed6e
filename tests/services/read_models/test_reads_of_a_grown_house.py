"""Pay, team and stores cost what concerns them, however large the house: as tests/projections has it."""

from typing import Any, Final

import psycopg
from psycopg import Connection

from infra.event_store.recorder import MIGRATIONS
from infra.postgres import migrate
from services.read_models.pay_lines import PAY_LINES
from services.read_models.receipt_statements import RECEIPTS
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


#: Sales of January, one a customer, each with an event that concerns nobody.
LOGGED: Final = """
    INSERT INTO public.stored_events (originator_id, originator_version, topic, state, customer_id)
    SELECT 'sal_' || n, version, CASE version WHEN 1 THEN 'sale.recorded.v1' ELSE 'sale.price_allowed.v1' END,
        convert_to(json_build_object('occurred_at', '2026-01-05T12:00:00Z')::text, 'UTF8'),
        CASE WHEN version = 1 THEN 'cus_' || mod(n, %s) END
    FROM generate_series(%s::bigint, %s::bigint) AS n, generate_series(1, 2) AS version
"""


def test_a_customers_receipts_cost_as_much_in_a_log_ten_times_as_long(database_url: str) -> None:
    given = {"customer_ids": ["cus_1"], "before_at": None, "before_id": None, "limit": 50}
    read: list[list[int]] = []
    with psycopg.connect(database_url, autocommit=True) as connection:
        migrate(connection, MIGRATIONS)
        for first, last in ((1, 2_000), (2_001, 20_000)):
            # Clara has two sales, others have the rest.
            connection.execute(LOGGED.encode(), (10**6 if first > 1 else 1_000, first, last))
            connection.execute("ANALYZE public.stored_events")
            read.append([work_of(connection, RECEIPTS, given, generic=generic) for generic in (False, True)])
    small, large = read
    assert min(small) > 0
    assert [(one, other) for one, other in zip(small, large, strict=True) if other > 1.5 * one + 20] == []
