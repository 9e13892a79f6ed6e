"""`clienteling ledger` as it is typed, on a small real log: the late return of the domain page, paid and
explained.
"""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest
from beancount import loader

from domain.associate.commands import HireAssociate, PayPlan
from domain.commission_account.commands import IssueStatement, RecordHours
from domain.ids import ASSOCIATE, SALE, derived_id
from domain.messages import Command
from domain.pay_period.commands import ClosePayPeriod, OpenPayPeriod
from domain.return_.commands import AcceptReturn, LineToReturn
from domain.sale.commands import LineToSell, RecordSale, Share
from infra.settings import Settings
from tests.services.cli.calling import Call, said

ANNA = derived_id(ASSOCIATE, "anna")
MONTHS = {"P1": 3, "P2": 4}
LATER_RETURNED = derived_id(SALE, "later returned")


def at(period_id: str, day: int = 10) -> datetime:
    return datetime(2024, MONTHS[period_id], day, 12, 0, tzinfo=UTC)


def sold(period_id: str, amount_minor: int, sale_id: str | None = None) -> RecordSale:
    line = LineToSell(
        sku="S1", quantity=1, unit_price_minor=amount_minor, attribution=(Share(associate_id=ANNA),)
    )
    return RecordSale(
        sale_id=sale_id, store_id="downtown", currency="USD", lines=(line,), occurred_at=at(period_id)
    )


def settled(period_id: str) -> Iterator[Command]:
    month_after = datetime(2024, MONTHS[period_id] + 1, 2, tzinfo=UTC)
    yield ClosePayPeriod(period_id=period_id, occurred_at=month_after)
    yield IssueStatement(associate_id=ANNA, period_id=period_id, occurred_at=month_after)


def the_late_return() -> Iterator[Command]:
    """P1: $5,000.00 sold. P2, 40 h: $3,000.00 sold, a $1,200.00 item of P1 comes back."""
    plan = PayPlan(currency="USD", base_rate_minor=800, rate_bp=675)
    hired = datetime(2024, 1, 2, tzinfo=UTC)
    yield HireAssociate(associate_id=ANNA, reference="E-1", store_id="downtown", plan=plan, occurred_at=hired)
    for period_id, last in (("P1", 31), ("P2", 30)):
        starts_on = date(2024, MONTHS[period_id], 1)
        yield OpenPayPeriod(
            period_id=period_id, starts_on=starts_on, ends_on=starts_on.replace(day=last), occurred_at=hired
        )
    yield sold("P1", 380_000)
    yield sold("P1", 120_000, LATER_RETURNED)
    yield from settled("P1")
    yield sold("P2", 300_000)
    back = (LineToReturn(line_no=1),)
    yield AcceptReturn(sale_id=LATER_RETURNED, store_id="downtown", lines=back, occurred_at=at("P2", 20))
    for day in range(1, 6):
        yield RecordHours(associate_id=ANNA, worked_on=date(2024, 4, day), selling_minutes=480)
    yield from settled("P2")


@pytest.fixture
def told(settings: Settings, call: Call) -> Call:
    """The command line of a shop in whose log the late return has been paid; no table has been made."""
    said(settings, the_late_return())
    return call


@pytest.fixture
def paid(told: Call) -> Call:
    """The same with the ledger's tables."""
    assert told("projections", "rebuild", "commission_ledger", "associate_directory").code == 0
    return told


def test_a_statement_is_the_one_of_the_period_or_the_latest(paid: Call) -> None:
    second = paid("ledger", "statement", "E-1", "--json").document
    assert (second["period_id"], second["net_minor"], second["topped_up_minor"]) == ("P2", 12_150, 19_850)
    first = paid("ledger", "statement", ANNA, "P1", "--json").document
    assert (first["period_id"], first["pay_minor"]) == ("P1", 33_750)
    shown = paid("ledger", "statement", "E-1", "P2")
    assert shown.code == 0
    for amount in ("202.50 USD", "-81.00 USD", "121.50 USD", "198.50 USD", "320.00 USD"):
        assert amount in shown.out


def test_every_cent_of_a_statement_is_explained_however_it_is_named(paid: Call) -> None:
    explained = paid("ledger", "explain", "E-1", "P2", "--json").document
    assert explained["adds_up"] is True
    assert explained["sum_minor"] == explained["statement"]["pay_minor"] == 32_000
    assert [plan["plan"]["rate_bp"] for plan in explained["plans"]] == [675]
    moved = [(entry["kind"], entry["amount_minor"]) for entry in explained["entries"]]
    assert moved == [("earned", 20_250), ("clawed_back", -8_100), ("topped_up", 19_850), ("paid", -32_000)]
    clawed_back = explained["entries"][1]
    assert (clawed_back["sale_id"], clawed_back["return_id"][:4]) == (LATER_RETURNED, "ret_")
    # The item of P1 came back at the rate of P1's plan.
    assert [(entry["plan_no"], entry["rates_bp"]) for entry in explained["entries"]] == [
        (0, [675]),
        (0, [675]),
        (None, []),
        (None, []),
    ]
    for name in (f"{ANNA}/P2", explained["statement"]["position"], "E-1"):
        assert paid("ledger", "explain", name, "--json").document == explained
    shown = paid("ledger", "explain", f"{ANNA}/P2")
    assert (shown.code, "they agree" in shown.out, LATER_RETURNED in shown.out) == (0, True, True)
    assert "6.75 %" in shown.out


def test_a_statement_that_its_entries_do_not_bear_out_is_exit_code_1(settings: Settings, paid: Call) -> None:
    with psycopg.connect(str(settings.database_url)) as connection:
        connection.execute(
            "UPDATE projections.commission_ledger_postings "
            "SET lines = json_build_array(json_build_array(lines->0->0, (lines->0->>1)::bigint - 1)) WHERE "
            "kind = 'clawed_back'"
        )
    found = paid("ledger", "explain", "E-1", "P2", "--json")
    assert (found.code, found.document["adds_up"], found.document["sum_minor"]) == (1, False, 32_001)
    shown = paid("ledger", "explain", "E-1", "P2")
    assert (shown.code, "THEY DIFFER" in shown.out) == (1, True)


def test_the_journal_is_exported_for_beancount_and_for_a_spreadsheet(paid: Call) -> None:
    facts, errors, _ = loader.load_string(paid("ledger", "export", "--format", "beancount").out)
    assert (errors, len(facts) > 10) == ([], True)
    rows = list(csv.DictReader(io.StringIO(paid("ledger", "export", "--format", "csv").out)))
    assert sum(int(row["amount_minor"]) for row in rows) == 0
    assert sum(int(row["amount_minor"]) for row in rows if row["account"] == f"payable:{ANNA}") == 65_750


def test_what_would_have_been_paid_stands_beside_what_was(told: Call) -> None:
    assert told("ledger", "what-if", "--json").document["agrees"] is True
    new_rate = told("ledger", "what-if", "--rate", "7%", "--from", "2024-04-01", "--json")
    (anna,) = new_rate.document["associates"]
    assert (anna["reference"], new_rate.code) == ("E-1", 0)
    first, second = anna["periods"]
    assert (first["changed"], first["would_be"]["pay_minor"]) == (0, 33_750)
    assert (second["was"]["net_minor"], second["would_be"]["net_minor"]) == (12_150, 12_900)
    assert second["would_be"]["topped_up_minor"] == 19_100
    assert new_rate.document["rules"] == {
        "policy": None,
        "rate_bp": 700,
        "base_rate_minor": None,
        "department_rates_bp": {},
        "tiers": [],
        "since": "2024-04-01",
        "associate_ids": None,
    }
    draws = told("ledger", "what-if", "--policy", "recoverable_draw", "--associate", "E-1", "--json").document
    (total,) = draws["totals"]
    assert (total["difference_minor"], total["would_be"]["owed_minor"]) == (0, 19_850)


def test_what_would_have_been_paid_is_shown_as_tables_and_writes_nothing(
    settings: Settings, told: Call
) -> None:
    before = facts(settings)
    shown = told("ledger", "what-if", "--base-rate", "1000")
    assert shown.code == 0
    assert "E-1" in shown.out
    for amount in ("657.50", "737.50", "+80.00", "198.50", "278.50"):
        assert amount in shown.out
    assert "1 of 2 statements in USD would have paid another amount" in shown.said
    assert "every statement comes out as it was issued" in told("ledger", "what-if").said
    assert facts(settings) == before


def facts(settings: Settings) -> list[Any]:
    with psycopg.connect(str(settings.database_url)) as connection:
        return connection.execute("SELECT * FROM stored_events ORDER BY notification_id").fetchall()


def test_a_statement_that_history_does_not_bear_out_is_exit_code_1(settings: Settings, told: Call) -> None:
    with psycopg.connect(str(settings.database_url)) as connection:
        connection.execute(
            "UPDATE stored_events SET state = convert_to(replace(convert_from(state, 'UTF8'), "
            "'\"pay_minor\":32000', '\"pay_minor\":32001'), 'UTF8') WHERE topic LIKE '%statement_issued%'"
        )
    found = told("ledger", "what-if", "--json")
    assert (found.code, found.document["agrees"]) == (1, False)
    assert [total["difference_minor"] for total in found.document["totals"]] == [-1]
    assert told("ledger", "what-if", "--rate", "700", "--json").code == 0


ANSWERED_OTHERWISE: tuple[tuple[tuple[str, ...], int, str], ...] = (
    (("statement", "E-2"), 1, "nobody was hired as E-2 (ASSOCIATE)"),
    (("statement", "E-1", "P9"), 1, f"{ANNA} has no statement for P9 (PERIOD)"),
    (("explain", "1"), 1, "at position 1 of the log no statement was issued"),
    (("explain", "9" * 30), 1, "no statement was issued"),
    (("explain", f"{ANNA}/P9"), 1, "has no statement for P9"),
    (("explain",), 2, ""),
    (("export",), 2, ""),
    (("export", "--format", "excel"), 2, ""),
    (("what-if", "--rate", "6.75"), 2, "--rate: '6.75' could be a percentage or basis points"),
    (("what-if", "--rate", "101%"), 2, "at most 100%"),
    (("what-if", "--policy", "mercy"), 2, ""),
    (("what-if", "--department-rate", "9%"), 2, "--department-rate: '9%' is no rate of a department"),
    (("what-if", "--tier", "low=9%"), 2, "--tier: 'low=9%' is no tier"),
    (("what-if", "--base-rate", "-1"), 2, "--base-rate: -1 is no pay per hour"),
    (("what-if", "--from", "soon"), 2, "--from: 'soon' is no date"),
    (("what-if", "--associate", "E-2"), 1, "nobody was hired as E-2 (--associate)"),
    (("what-if", "--period", "P9"), 1, "no statement was issued for P9"),
)


def test_what_cannot_be_answered_is_told_why(paid: Call) -> None:
    for arguments, code, says in ANSWERED_OTHERWISE:
        called = paid("ledger", *arguments)
        assert (arguments, called.code, called.out) == (arguments, code, "")
        assert says in called.said


def test_everybodys_statements_are_one_list(paid: Call) -> None:
    listed = paid("ledger", "statements", "P2", "--json").document["statements"]
    assert [(one["associate_id"], one["pay_minor"]) for one in listed] == [(ANNA, 32_000)]
    shown = paid("ledger", "statements", "P2")
    assert (shown.code, "320.00 USD" in shown.out) == (0, True)


def test_sales_without_hours_are_listed(settings: Settings, call: Call) -> None:
    story = [command for command in the_late_return() if not isinstance(command, RecordHours)]
    said(settings, story[:5])
    assert (
        call("projections", "rebuild", "commission_ledger", "associate_directory", "pay_calendar").code == 0
    )
    [found] = call("ledger", "missing-hours", "P1", "--json").document["missing"]
    assert (found["associate_id"], found["sales_minor"]) == (ANNA, {"USD": 500_000})
    shown = call("ledger", "missing-hours", "P1", "--scope", "company")
    assert (shown.code, "5,000.00 USD" in shown.out) == (0, True)
    assert call("ledger", "missing-hours", "P1", "--scope", "downtown", "--json").document["missing"] == []


def test_a_deficit_is_listed_with_what_caused_it(settings: Settings, call: Call) -> None:
    """1,200.00 of P1 come back in P2 before anything is sold there."""
    back = (LineToReturn(line_no=1),)
    story = [*the_late_return()][:7]
    said(settings, [*story, *(c for c in the_late_return() if isinstance(c, AcceptReturn))])
    assert call("projections", "rebuild", "commission_ledger", "associate_directory").code == 0
    [found] = call("ledger", "deficits", "--json").document["deficits"]
    assert (found["period_id"], found["net_minor"], len(found["because"])) == ("P2", -8_100, len(back))
    shown = call("ledger", "deficits", "--store", "downtown")
    assert (shown.code, "-81.00 USD" in shown.out) == (0, True)
    assert call("ledger", "deficits", "--store", "nowhere", "--json").document == {"deficits": []}
