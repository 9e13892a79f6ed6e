"""Every money event as entries: which accounts they move, what they name, and what is left of it in the
account's row.
"""

import pytest

from domain.commission_account.events import ClawedBackLine, EarnedLine
from domain.ids import account_id_of
from domain.messages import Event
from domain.return_.events import MatchedLine, ReturnedLine
from projections.commission_ledger.account import Account, PeriodTotals, WorkedDay
from projections.commission_ledger.fold import PROJECTION
from projections.commission_ledger.postings import COLUMNS
from projections.commission_ledger.queries import LedgerEntry, OpenPeriod, account_document
from tests.domain.builders.money_commands import ANNA, BEN, CLOSED_AT, RETURN, SALE, SOLD_AT
from tests.domain.builders.money_events import (
    commission_clawed_back,
    commission_earned,
    commission_moved,
    commission_restored,
    commission_topped_up,
    deficit_carried,
    deficit_forgiven,
    deficit_recouped,
    deficit_written_off,
    hours_recorded,
    late_hours_recorded,
    late_topped_up,
    return_accepted,
    return_matched,
    return_unmatched,
    statement_issued,
)
from tests.projections.commission_ledger.reading import disagreements, entries, postings, statements
from tests.projections.folding import columns_after, folded, state_after

MY = f"associate:{ANNA}"


def moved(*events: Event) -> list[tuple[str, int]]:
    """Account and amount of the entries of the last event."""
    tables = folded(PROJECTION, *events)
    return [(e.account, e.amount_minor) for e in entries(tables) if e.position == tables.position]


def account_after(*events: Event) -> Account:
    return state_after(PROJECTION, *events)


def test_each_line_that_earned_has_its_posting_and_names_where_it_came_from() -> None:
    earned = commission_earned(
        lines=(EarnedLine(1, (), 675), EarnedLine(2, (), 0), EarnedLine(3, (), 25)), amount_minor=700
    )
    tables = folded(PROJECTION, earned)
    house, mine = "expense:commission", MY
    names = ("USD", "earned", ANNA, "2024-03", SALE, None)
    assert entries(tables) == [
        LedgerEntry(1, 0, house, -675, *names, 1, SOLD_AT),
        LedgerEntry(1, 1, mine, 675, *names, 1, SOLD_AT),
        LedgerEntry(1, 2, house, -25, *names, 3, SOLD_AT),
        LedgerEntry(1, 3, mine, 25, *names, 3, SOLD_AT),
    ]


def test_all_lines_that_move_between_the_same_accounts_are_one_row() -> None:
    lines = (EarnedLine(1, (), 675), EarnedLine(2, (), 0), EarnedLine(3, (), 25))
    (row,) = folded(PROJECTION, commission_earned(lines=lines, amount_minor=700)).journal
    assert dict(zip(("key", "position", "n", *COLUMNS), row, strict=True)) == {
        "key": account_id_of(ANNA),
        "position": 1,
        "n": 0,
        "source": "expense:commission",
        "target": "associate",
        "lines": "[[1,675],[3,25]]",
        "currency": "USD",
        "kind": "earned",
        "period_id": "2024-03",
        "sale_id": SALE,
        "return_id": None,
        "occurred_at": SOLD_AT,
        "waits_for": None,
        "document": None,
    }


def test_a_event_that_moves_nothing_has_no_row() -> None:
    nothing = commission_earned(lines=(EarnedLine(1, (), 0),), amount_minor=0)
    assert folded(PROJECTION, nothing, commission_moved(amount_minor=0)).journal == []


def test_a_clawback_goes_the_other_way_and_names_the_return_as_well() -> None:
    clawed_back = commission_clawed_back(lines=(ClawedBackLine(2, 1, 5_000, 338),), amount_minor=338)
    found = entries(folded(PROJECTION, clawed_back))
    assert [(e.account, e.amount_minor, e.line_no) for e in found] == [
        (MY, -338, 2),
        ("expense:commission", 338, 2),
    ]
    assert {(e.kind, e.sale_id, e.return_id) for e in found} == {("clawed_back", SALE, RETURN)}


def test_moved_commission_passes_through_the_house_from_one_account_to_the_other() -> None:
    gives = commission_moved()
    gains = commission_moved(associate_id=BEN, amount_minor=675, sales_minor=10_000, counterparties=(ANNA,))
    assert [(e.account, e.amount_minor) for e in entries(folded(PROJECTION, gives, gains))] == [
        ("house:moved", 675),
        (MY, -675),
        ("house:moved", -675),
        (f"associate:{BEN}", 675),
    ]


@pytest.mark.parametrize(
    ("event", "source"),
    [
        (commission_topped_up(amount_minor=500), "expense:top_up"),
        (commission_topped_up(amount_minor=500, recoverable=True), "house:draws"),
        (deficit_carried(amount_minor=500), "house:deficits"),
        (deficit_forgiven(amount_minor=500), "expense:forgiven"),
    ],
)
def test_what_lifts_an_account_to_its_guarantee_comes_from_the_house(event: Event, source: str) -> None:
    assert moved(event) == [(source, -500), (MY, 500)]


def test_recouping_settles_what_was_carried() -> None:
    assert moved(deficit_carried(amount_minor=500), deficit_recouped(amount_minor=500)) == [
        (MY, -500),
        ("house:deficits", 500),
    ]


def test_recouping_settles_carried_deficits_before_draws() -> None:
    events = (
        deficit_carried(amount_minor=300),
        commission_topped_up(amount_minor=400, recoverable=True),
        deficit_recouped(amount_minor=500),
    )
    assert moved(*events) == [(MY, -300), ("house:deficits", 300), (MY, -200), ("house:draws", 200)]
    assert columns_after(PROJECTION, *events)["owed_minor"] == 200


def test_writing_off_costs_the_house_and_leaves_the_associates_account_alone() -> None:
    drawn = commission_topped_up(amount_minor=400, recoverable=True)
    written_off = deficit_written_off(amount_minor=400, period_id=None)
    assert moved(drawn, written_off) == [("expense:written_off", -400), ("house:draws", 400)]
    assert columns_after(PROJECTION, drawn, written_off)["owed_minor"] == 0


def test_hours_that_were_paid_too_much_become_a_debt_of_the_associate() -> None:
    """32.00 were paid already: the cost of the top-up becomes an advance."""
    paid = late_topped_up(amount_minor=6_400)
    corrected = late_topped_up(amount_minor=0, owed_minor=3_200, reason="corrected_hours")
    assert moved(paid, corrected) == [
        ("expense:top_up", 3_200), (MY, -3_200), ("house:deficits", -3_200), (MY, 3_200),
    ]  # fmt: skip
    columns = columns_after(PROJECTION, paid, corrected)
    assert (columns["balance_minor"], columns["owed_minor"]) == (6_400, 3_200)


def test_a_draw_for_wrong_hours_that_is_not_paid_yet_is_taken_back_whole() -> None:
    """Carried deficits are settled before draws, as when they are recouped."""
    lent = late_topped_up(amount_minor=500, owed_minor=500, recoverable=True)
    corrected = late_topped_up(amount_minor=-300, owed_minor=-300, recoverable=True, reason="corrected_hours")
    assert moved(lent, corrected) == [(MY, -300), ("house:draws", 300)]
    assert moved(lent, deficit_carried(amount_minor=200), corrected) == [
        (MY, -200), ("house:deficits", 200), (MY, -100), ("house:draws", 100),
    ]  # fmt: skip


def test_a_refund_above_the_receipt_is_goodwill_and_one_below_it_is_not() -> None:
    """What is given beyond the price is the house's; what is given too little stays open."""
    lines = (
        ReturnedLine(line_no=1, quantity=1, refund_minor=130_000, sold_minor=124_000),
        ReturnedLine(line_no=2, quantity=1, refund_minor=5_000, sold_minor=6_000),
        ReturnedLine(quantity=1, refund_minor=4_500),
    )
    tables = folded(PROJECTION, return_accepted(lines=lines))
    assert [(each.account, each.amount_minor, each.line_no) for each in entries(tables)] == [
        ("expense:goodwill", -6_000, 1),
        ("house:refunds", 6_000, 1),
    ]


def test_a_match_that_is_taken_back_leaves_nothing_in_the_ledger() -> None:
    there = (return_matched(), commission_clawed_back(sales_minor=5_990, amount_minor=404, lines=CUT))
    back = (return_unmatched(), commission_restored())
    sums: dict[str, int] = {}
    for entry in entries(folded(PROJECTION, *there, *back)):
        sums[entry.account] = sums.get(entry.account, 0) + entry.amount_minor
    assert len(sums) == 4
    assert not any(sums.values())


CUT = (ClawedBackLine(1, 1, 5_990, 404),)


def test_goodwill_is_the_houses_line_by_line_and_no_associates() -> None:
    line = MatchedLine(line_no=1, sku="6001", quantity=1, refund_minor=7_950, sold_minor=5_990)
    cheaper = MatchedLine(line_no=2, sku="6002", quantity=1, refund_minor=100, sold_minor=150)
    even = MatchedLine(line_no=3, sku="6003", quantity=1, refund_minor=100, sold_minor=100)
    tables = folded(PROJECTION, return_matched(lines=(line, cheaper, even)))
    assert [(e.account, e.amount_minor, e.line_no) for e in entries(tables)] == [
        ("expense:goodwill", -1_960, 1),
        ("house:refunds", 1_960, 1),
        ("expense:goodwill", 50, 2),
        ("house:refunds", -50, 2),
    ]
    assert {(e.associate_id, e.return_id) for e in entries(tables)} == {(None, RETURN)}
    assert [row["key"] for row in postings(tables)] == [RETURN]


def test_a_statement_pays_what_it_says_and_leaves_the_account_even() -> None:
    history = (
        commission_earned(lines=(EarnedLine(1, (), 13_500),), amount_minor=13_500, sales_minor=200_000),
        hours_recorded(selling_minutes=1_700, non_selling_minutes=100),
        commission_topped_up(),
        statement_issued(),
    )
    tables = folded(PROJECTION, *history)
    last = entries(tables)[-2:]
    assert [(e.account, e.amount_minor, e.kind, e.period_id) for e in last] == [
        (MY, -24_000, "paid", "2024-03"),
        (f"payable:{ANNA}", 24_000, "paid", "2024-03"),
    ]
    assert len(statements(tables)) == 1
    account = account_after(*history)
    assert account.currencies["USD"].balances == {
        "associate": 0,
        "payable": 24_000,
        "expense:commission": -13_500,
        "expense:top_up": -10_500,
    }
    assert (account.currencies["USD"].open, account.currencies["USD"].days) == ({}, {})
    assert (account.statements, account.stated_at) == (1, 4)


def test_a_statement_of_nothing_has_its_entries_too() -> None:
    nothing = statement_issued(pay_minor=0)
    assert moved(nothing) == [(MY, 0), (f"payable:{ANNA}", 0)]


def test_a_statement_keeps_what_was_issued_beside_what_the_ledger_counts() -> None:
    history = (
        commission_earned(
            lines=(EarnedLine(1, (), 13_500),), amount_minor=13_500, sales_minor=200_000, period_id=None
        ),
        hours_recorded(selling_minutes=1_700, non_selling_minutes=100),
        commission_topped_up(),
        statement_issued(),
    )
    issued = statement_issued()
    (statement,) = statements(folded(PROJECTION, *history))
    for field in issued.__struct_fields__:
        if field != "occurred_at":
            assert getattr(statement, field) == getattr(issued, field), field
    assert (statement.position, statement.previous_position, statement.issued_at) == (4, 0, CLOSED_AT)
    assert (statement.selling_minutes, statement.non_selling_minutes) == (1_700, 100)
    assert statement.counted == PeriodTotals(sales_minor=200_000, earned_minor=13_500)
    assert disagreements(statement) == []


def test_a_statement_that_history_does_not_bear_out_is_seen() -> None:
    (statement,) = statements(folded(PROJECTION, commission_earned(), statement_issued()))
    assert disagreements(statement) == ["sales_minor", "earned_minor", "minutes"]


def test_a_statement_takes_in_its_period_and_what_had_none_and_nothing_else() -> None:
    account = account_after(
        commission_earned(),
        commission_earned(period_id=None),
        commission_earned(period_id="2024-04"),
        hours_recorded(),
        hours_recorded(worked_on=CLOSED_AT.date(), period_id="2024-04"),
        statement_issued(),
    )
    assert account.currencies["USD"].open == {"2024-04": PeriodTotals(10_000, 675)}
    assert account.currencies["USD"].days == {"2024-04-01": WorkedDay(420, 60, 800, "2024-04")}


def test_a_workday_recorded_again_replaces_the_one_before_and_moves_no_money() -> None:
    again = hours_recorded(selling_minutes=60, non_selling_minutes=0)
    tables = folded(PROJECTION, hours_recorded(), again)
    assert tables.journal == []
    (open_period,) = account_document(account_after(hours_recorded(), again)).open_periods
    assert (open_period.minutes, open_period.hours_on) == (60, [again.worked_on])


def test_hours_that_come_late_count_for_no_open_period() -> None:
    """The day had found no period before its own was opened and closed."""
    late = late_hours_recorded()
    story = (hours_recorded(period_id=None), late)
    assert account_document(account_after(*story)).open_periods == []
    assert account_after(*story).currencies["USD"].late == [late.worked_on.isoformat()]
    assert account_after(*story, statement_issued()).currencies["USD"].late == []


def test_the_account_document_says_where_an_associate_stands() -> None:
    document = account_document(
        account_after(
            commission_earned(),
            commission_clawed_back(
                amount_minor=100, sales_minor=1_500, lines=(ClawedBackLine(1, 1, 1_500, 100),)
            ),
            commission_moved(amount_minor=-75, sales_minor=-500, period_id=None),
            deficit_carried(amount_minor=40),
        )
    )  # fmt: skip
    assert (document.associate_id, document.balances, document.owed) == (ANNA, {"USD": 540}, {"USD": 40})
    unposted, march = document.open_periods
    assert (unposted.period_id, unposted.moved_minor, unposted.net_minor) == (None, -75, -75)
    assert march == OpenPeriod(
        period_id="2024-03",
        currency="USD",
        sales_minor=8_500,
        earned_minor=675,
        clawed_back_minor=100,
        moved_minor=0,
        net_minor=575,
        minutes=0,
        hours_on=[],
    )


def test_the_query_columns_are_the_associates_balance_and_what_is_owed() -> None:
    columns = columns_after(PROJECTION, commission_earned(), deficit_carried(amount_minor=25))
    assert columns == {
        "associate_id": ANNA,
        "currency": "USD",
        "balance_minor": 700,
        "owed_minor": 25,
        "in_deficit": False,
        "sold_without_hours": ["2024-03"],
    }
