"""Reading the ledger on a real PostgreSQL: an associate's entries, statements and balances."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from psycopg import Connection

from domain.commission_account.events import EarnedLine
from domain.ids import account_id_of
from domain.messages import Event
from projections.commission_ledger.fold import PROJECTION
from projections.commission_ledger.queries import (
    ACCOUNT,
    JOURNAL,
    LEDGER,
    STATEMENT,
    STATEMENTS,
    LedgerEntry,
    account_document,
    entries_in_period,
    entries_of,
    ledger_parameters,
    statement_of,
    statements_in_period,
)
from tests.domain.builders.money_commands import ANNA, BEN, CLOSED_AT
from tests.domain.builders.money_events import (
    commission_clawed_back,
    commission_earned,
    commission_topped_up,
    deficit_carried,
    deficit_recouped,
    return_matched,
    statement_issued,
)
from tests.projections.commission_ledger.reading import totals_of, trial_balance
from tests.projections.folding import folded
from tests.projections.stored import store, stored

#: Behind every position.
END = 2**62
TWO_LINES = (EarnedLine(1, (), 600), EarnedLine(2, (), 75))
HISTORY: list[Event] = [
    commission_earned(lines=TWO_LINES),
    commission_earned(period_id=None),
    commission_earned(associate_id=BEN, period_id="2024-03"),
    statement_issued(pay_minor=1_350),
    commission_earned(period_id=None),
    commission_clawed_back(period_id="2024-04"),
    statement_issued(period_id="2024-04", pay_minor=0, occurred_at=CLOSED_AT + timedelta(days=30)),
    commission_topped_up(period_id="2024-05", amount_minor=500),
    commission_earned(period_id=None),
    return_matched(),
]


@pytest.fixture
def ledger(database_url: str) -> Iterator[Connection[Any]]:
    with stored(database_url, folded(PROJECTION, *HISTORY)) as connection:
        yield connection


def rows(connection: Connection[Any], query: str, **parameters: Any) -> list[tuple[Any, ...]]:
    return connection.execute(query.encode(), parameters).fetchall()


def entries(connection: Connection[Any], associate_id: str = ANNA, **asked: Any) -> list[LedgerEntry]:
    parameters = ledger_parameters(associate_id, **asked)
    found = list(entries_of(rows(connection, LEDGER, **parameters), asked.get("after", (0, 0))))
    return found[: asked["limit"]] if "limit" in asked else found


def journal(connection: Connection[Any], up_to: int, after: int = 0) -> list[LedgerEntry]:
    return list(entries_of(rows(connection, JOURNAL, after_position=after, up_to_position=up_to)))


def test_an_associates_ledger_is_every_entry_of_their_account_in_order(ledger: Connection[Any]) -> None:
    mine = entries(ledger)
    assert [(entry.position, entry.n) for entry in mine] == [
        (1, 0),
        (1, 1),
        (1, 2),
        (1, 3),
        (2, 0),
        (2, 1),
        (4, 0),
        (4, 1),
        (5, 0),
        (5, 1),
        (6, 0),
        (6, 1),
        (7, 0),
        (7, 1),
        (8, 0),
        (8, 1),
        (9, 0),
        (9, 1),
    ]
    assert {entry.associate_id for entry in mine} == {ANNA}
    assert [(entry.account, entry.line_no) for entry in mine[2:4]] == [
        ("expense:commission", 2),
        (f"associate:{ANNA}", 2),
    ]
    assert {entry.associate_id for entry in entries(ledger, BEN)} == {BEN}


def test_pages_of_a_ledger_join_without_a_gap(ledger: Connection[Any]) -> None:
    whole, paged = entries(ledger), list[LedgerEntry]()
    while page := entries(ledger, limit=5, after=(paged[-1].position, paged[-1].n) if paged else (0, 0)):
        paged.extend(page)
    assert paged == whole


@pytest.mark.parametrize(
    ("period_id", "positions"),
    [("2024-03", {1, 2, 4}), ("2024-04", {5, 6, 7}), ("2024-05", {8, 9}), ("2024-06", {9})],
)
def test_a_period_has_its_entries_and_those_its_statement_took_in(
    ledger: Connection[Any], period_id: str, positions: set[int]
) -> None:
    """What found no period is settled by the next statement; until there is one, it waits in every period
    still open.
    """
    asked = entries(ledger, period_id=period_id)
    assert {entry.position for entry in asked} == positions
    documents = rows(ledger, STATEMENTS, account_id=account_id_of(ANNA), before=END, limit=10, offset=0)
    statements = [statement_of(document) for (document,) in documents]
    assert entries_in_period(entries(ledger), statements, period_id) == asked


def test_a_settled_period_sums_to_nothing_left_for_the_associate(ledger: Connection[Any]) -> None:
    mine = [e.amount_minor for e in entries(ledger, period_id="2024-03") if e.account == f"associate:{ANNA}"]
    assert mine == [600, 75, 675, -1_350]


def test_a_statement_is_found_by_associate_and_period_and_all_of_them_latest_first(
    ledger: Connection[Any],
) -> None:
    ((document,),) = rows(ledger, STATEMENT, account_id=account_id_of(ANNA), period_id="2024-03")
    assert statement_of(document).pay_minor == 1_350
    assert rows(ledger, STATEMENT, account_id=account_id_of(BEN), period_id="2024-03") == []
    mine = rows(ledger, STATEMENTS, account_id=account_id_of(ANNA), before=END, limit=10, offset=0)
    assert [statement_of(d).period_id for (d,) in mine] == ["2024-04", "2024-03"]
    assert [(s.position, s.previous_position) for (d,) in mine for s in [statement_of(d)]] == [(7, 4), (4, 0)]
    everybodys = rows(ledger, statements_in_period(), period_id="2024-03", after_account_id="", limit=10)
    assert [statement_of(d).associate_id for (d,) in everybodys] == [ANNA]


def test_the_trial_balance_is_zero_at_every_position(ledger: Connection[Any]) -> None:
    for position in range(len(HISTORY) + 1):
        assert set(totals_of(trial_balance(journal(ledger, position))).values()) <= {0}


def test_the_trial_balance_says_what_each_account_holds(ledger: Connection[Any]) -> None:
    assert trial_balance(journal(ledger, 4)) == [
        ("associate", "USD", 675, 5),
        ("expense:commission", "USD", -2_025, 4),
        ("payable", "USD", 1_350, 1),
    ]


def test_whatever_is_written_into_the_journal_the_ledger_sums_to_zero(ledger: Connection[Any]) -> None:
    """One amount stands for both sides of a posting, so there is no way to write one side alone."""
    ledger.execute(
        "UPDATE projections.commission_ledger_g1_postings SET lines = '[[1,1],[2,-7]]' WHERE n = 0"
    )
    balances = trial_balance(journal(ledger, len(HISTORY)))
    assert totals_of(balances) == {"USD": 0}
    assert sum(balance.entries for balance in balances) == 4 * len(HISTORY)


def test_the_table_gives_the_entries_that_the_fold_led_to(ledger: Connection[Any]) -> None:
    advanced = [
        commission_topped_up(recoverable=True, amount_minor=400),
        deficit_carried(amount_minor=300),
        deficit_recouped(amount_minor=500),
    ]
    tables = folded(PROJECTION, *HISTORY, *advanced)
    ledger.execute("TRUNCATE projections.commission_ledger_g1, projections.commission_ledger_g1_postings")
    store(ledger, tables)
    found = journal(ledger, 100)
    assert found == sorted(entries_of(tables.journal), key=lambda entry: (entry.position, entry.n))
    assert [entry.n for entry in found if entry.position == tables.position] == [0, 1, 2, 3]


def test_where_an_account_stands_is_read_from_its_row(ledger: Connection[Any]) -> None:
    ((_, _, state),) = rows(ledger, ACCOUNT, account_id=account_id_of(ANNA))
    document = account_document(PROJECTION.decode(state))
    assert (document.balances, document.statements) == ({"USD": 1_175}, 2)


def test_the_journal_is_everybodys_entries_between_two_positions(ledger: Connection[Any]) -> None:
    found = journal(ledger, 10, after=8)
    assert [(entry.position, entry.kind, entry.return_id is None) for entry in found] == [
        (9, "earned", True),
        (9, "earned", True),
        (10, "goodwill", False),
        (10, "goodwill", False),
    ]


def test_what_waited_for_a_day_is_in_the_first_statement_that_reaches_it(database_url: str) -> None:
    """It came before March was paid, and waited for a day in April."""
    april = {"period_id": "2024-04", "starts_on": date(2024, 4, 1), "ends_on": date(2024, 4, 30)}
    paid = {"earned_minor": 0, "net_minor": 0, "pay_minor": 0}
    tables = folded(
        PROJECTION,
        commission_earned(period_id=None, waits_for=date(2024, 4, 2)),
        statement_issued(**paid),
        statement_issued(**april),
    )
    with stored(database_url, tables) as ledger:
        assert {entry.position for entry in entries(ledger, period_id="2024-03")} == {2}
        mine = entries(ledger, period_id="2024-04")
    assert {entry.position for entry in mine} == {1, 3}
    assert mine[0].waits_for == date(2024, 4, 2)
    counted = [statement_of(row[-1]).counted.earned_minor for row in tables.journal if row[-1]]
    assert counted == [0, 675]
