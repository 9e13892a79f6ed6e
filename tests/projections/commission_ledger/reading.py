"""The journal of folded histories, as readers of the ledger see it."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from projections.commission_ledger.account import Statement
from projections.commission_ledger.queries import LedgerEntry, entries_of, statement_of
from tests.projections.folding import Tables


def entries(tables: Tables) -> list[LedgerEntry]:
    """Every entry, two for each line of a posting, in the order of the log."""
    return list(entries_of(tables.journal))


def postings(tables: Tables) -> list[dict[str, Any]]:
    """The rows of the journal by column name."""
    return tables.entries()


def statements(tables: Tables) -> list[Statement]:
    """Every statement, as its posting documents it."""
    return [statement_of(row["document"]) for row in tables.entries() if row["document"] is not None]


class Balance(NamedTuple):
    """A line of the trial balance: accounts that belong to somebody are put together (`associate`,
    `payable`).
    """

    account: str
    currency: str
    amount_minor: int
    entries: int


def trial_balance(entries: Iterable[LedgerEntry]) -> list[Balance]:
    """What each account holds after these entries, per currency."""
    amounts: dict[tuple[str, str], list[int]] = {}
    for entry in entries:
        amounts.setdefault((entry.currency, entry.account.partition(":ass_")[0]), []).append(
            entry.amount_minor
        )
    return [
        Balance(account, currency, sum(found), len(found))
        for (currency, account), found in sorted(amounts.items())
    ]


def totals_of(balances: Iterable[Balance]) -> dict[str, int]:
    """What a trial balance comes to per currency: zero, or the ledger is wrong."""
    totals: dict[str, int] = {}
    for balance in balances:
        totals[balance.currency] = totals.get(balance.currency, 0) + balance.amount_minor
    return totals


def disagreements(statement: Statement) -> list[str]:
    """The words in which a statement differs from what the ledger's entries come to; none when history bears
    it out.
    """
    counted = statement.counted
    compared = {
        "sales_minor": (statement.sales_minor, counted.sales_minor),
        "earned_minor": (statement.earned_minor, counted.earned_minor),
        "clawed_back_minor": (statement.clawed_back_minor, counted.clawed_back_minor),
        "moved_minor": (statement.moved_minor, counted.moved_minor),
        "minutes": (statement.minutes, statement.selling_minutes + statement.non_selling_minutes),
    }
    return [word for word, (issued, ledger) in compared.items() if issued != ledger]
