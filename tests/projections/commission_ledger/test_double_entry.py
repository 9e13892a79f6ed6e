"""Any history that the shop's decisions allow: the ledger sums to zero at every position and agrees with the
events.
"""

from collections import defaultdict

import pytest
from hypothesis import given, settings

from domain.associate.commands import DeficitPolicy
from domain.commission_account.events import CommissionClawedBack, CommissionEarned, StatementIssued
from domain.commission_account.state import AccountState
from domain.evolve import state_of
from domain.ids import account_id_of
from domain.messages import Event
from domain.return_.events import ReturnMatched
from projections.commission_ledger.fold import PROJECTION
from projections.commission_ledger.queries import entries_of
from tests.domain.builders.money_commands import ANNA
from tests.domain.test_worked_numbers import up_to_p4
from tests.projections.commission_ledger.any_month import histories, settled_histories
from tests.projections.commission_ledger.reading import disagreements, entries, statements
from tests.projections.folding import folded


@settings(max_examples=60, deadline=None)
@given(history=histories)
def test_the_ledger_sums_to_zero_at_every_position(history: list[Event]) -> None:
    sums: dict[tuple[int, str], int] = defaultdict(int)
    for entry in entries(folded(PROJECTION, *history)):
        sums[entry.position, entry.currency] += entry.amount_minor
    assert set(sums.values()) <= {0}


@settings(max_examples=60, deadline=None)
@given(history=histories)
def test_every_posting_has_two_sides_that_name_the_same(history: list[Event]) -> None:
    found = entries(folded(PROJECTION, *history))
    for left, right in zip(found[::2], found[1::2], strict=True):
        assert left.amount_minor == -right.amount_minor
        assert left.account != right.account
        same = ("position", "kind", "period_id", "sale_id", "return_id", "line_no", "associate_id")
        assert [getattr(left, name) for name in same] == [getattr(right, name) for name in same]


@settings(max_examples=60, deadline=None)
@given(history=histories)
def test_the_entries_of_a_event_are_numbered_through(history: list[Event]) -> None:
    """Also where an event settles deficits and draws, which are two rows of the journal: no number is given
    twice.
    """
    numbers: dict[int, list[int]] = defaultdict(list)
    for entry in entries(folded(PROJECTION, *history)):
        numbers[entry.position].append(entry.n)
    for given_to_entries in numbers.values():
        assert given_to_entries == list(range(len(given_to_entries)))


@settings(max_examples=60, deadline=None)
@given(history=histories)
def test_balances_are_the_sums_of_the_entries(history: list[Event]) -> None:
    tables = folded(PROJECTION, *history)
    sums: dict[tuple[str, str, str], int] = defaultdict(int)
    for row in tables.journal:
        for entry in entries_of([row]):
            account = entry.account
            if account.startswith(("associate:", "payable:")):
                account = account.partition(":")[0]
            sums[row[0], entry.currency, account] += entry.amount_minor
    balances = {
        (key, currency, account): amount
        for key, state in tables.states.items()
        for currency, balance in state.currencies.items()
        for account, amount in balance.balances.items()
    }
    assert balances == dict(sums)


@settings(max_examples=60, deadline=None)
@given(history=histories)
def test_entries_come_to_what_the_events_say(history: list[Event]) -> None:
    """No cent of an event is left out of the ledger because its lines are posted one by one."""
    posted: dict[int, int] = defaultdict(int)
    for entry in entries(folded(PROJECTION, *history)):
        if entry.amount_minor > 0:
            posted[entry.position] += entry.amount_minor
    for position, event in enumerate(history, start=1):
        if isinstance(event, CommissionEarned | CommissionClawedBack):
            assert posted[position] == event.amount_minor
        if isinstance(event, ReturnMatched) and len(event.lines) == 1:
            assert posted[position] == abs(event.goodwill_minor)


@settings(max_examples=60, deadline=None)
@given(history=settled_histories)
def test_statements_are_borne_out_by_the_entries_they_settle(history: list[Event]) -> None:
    tables = folded(PROJECTION, *history)
    issued = statements(tables)
    assert len(issued) == sum(isinstance(event, StatementIssued) for event in history)
    for statement in issued:
        assert disagreements(statement) == []
        owed = statement.owed_after_minor
        assert statement.pay_minor == (
            statement.net_minor
            - statement.recouped_minor
            + statement.topped_up_minor
            + statement.carried_minor
            + statement.forgiven_minor
            + statement.late_topped_up_minor
        )
        assert owed >= 0
    for account in tables.states.values():
        for balance in account.currencies.values():
            if account.associate_id is not None and not balance.open:
                assert balance.balance_minor == 0


@settings(max_examples=60, deadline=None)
@given(history=settled_histories)
def test_what_the_house_has_advanced_is_what_decisions_reckon_with(history: list[Event]) -> None:
    """Open deficits and draws in the ledger are what the next statement will recoup, whatever policies there
    were.
    """
    for key, account in folded(PROJECTION, *history).states.items():
        decided = state_of(event for event in history if event.stream_id == key)
        if isinstance(decided, AccountState):
            owed = sum(
                balance.deficits_minor + balance.draws_minor for balance in account.currencies.values()
            )
            assert owed == decided.owed_minor


@pytest.mark.parametrize(
    ("policy", "paid_minor", "advanced"),
    [
        ("forgive", [32_000, 54_000], {"expense:forgiven": -8_775}),
        ("carry", [32_000, 45_225], {"house:deficits": 0}),
        ("recoverable_draw", [32_000, 32_000], {"house:draws": -38_625}),
    ],
)
def test_the_worked_deficits_settle_through_the_right_accounts(
    policy: DeficitPolicy, paid_minor: list[int], advanced: dict[str, int]
) -> None:
    """P3 ends 87.75 below nothing, P4 earns 540.00 (domain page): forgiven, carried and recouped, or drawn
    with 386.25 open.
    """
    tables = folded(PROJECTION, *up_to_p4(policy).events)
    issued = statements(tables)
    assert [statement.pay_minor for statement in issued[2:]] == paid_minor
    assert [disagreements(statement) for statement in issued] == [[]] * 4
    balances = tables.states[account_id_of(ANNA)].currencies["USD"].balances
    assert {account: balances[account] for account in advanced} == advanced
    assert balances["associate"] == 0
