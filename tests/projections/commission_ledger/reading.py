"""The journal of folded histories, as readers of the ledger see it."""

from typing import Any

from projections.commission_ledger.account import Statement
from projections.commission_ledger.postings import entries_in
from projections.commission_ledger.queries import LedgerEntry, entries_of, statement_of
from tests.projections.folding import Tables


def entries(tables: Tables) -> list[LedgerEntry]:
    """Every entry, two for each line of a posting, in the order of the log."""
    return entries_of(entries_in(tables.journal))


def postings(tables: Tables) -> list[dict[str, Any]]:
    """The rows of the journal by column name."""
    return tables.entries()


def statements(tables: Tables) -> list[Statement]:
    """Every statement, as its posting documents it."""
    return [statement_of(row["document"]) for row in tables.entries() if row["document"] is not None]
