"""Deficits that build up, read with what caused them; for the API and the command line."""

from collections.abc import Callable, Sequence
from typing import Any

from domain.ids import account_id_of
from projections.commission_ledger.deficits import ACCOUNTS_IN_DEFICIT, CHANGES, Deficit, deficits_of
from projections.commission_ledger.fold import PROJECTION

Rows = Sequence[tuple[Any, ...]]


def accounts_parameters(store_id: str | None, after: str, limit: int) -> dict[str, Any]:
    """The parameters of ACCOUNTS_IN_DEFICIT."""
    return {"store_id": store_id, "after_key": after, "limit": limit}


def changes_parameters(accounts: Rows) -> dict[str, Any]:
    """The parameters of CHANGES for rows of ACCOUNTS_IN_DEFICIT."""
    return {"account_ids": [account_id_of(row[0]) for row in accounts]}


def deficits_in(accounts: Rows, changes: Rows) -> list[Deficit]:
    """The deficits of these accounts (rows of ACCOUNTS_IN_DEFICIT), given what changed them (CHANGES)."""
    return [
        deficit
        for associate_id, store_id, state in accounts
        for deficit in deficits_of(associate_id, store_id, PROJECTION.decode(state), changes)
    ]


def read_deficits(
    rows: Callable[[str, dict[str, Any]], Rows], *, store_id: str | None, after: str, limit: int
) -> list[Deficit]:
    """The deficits of the first accounts behind `after`; `rows` gives those of a query."""
    accounts = rows(ACCOUNTS_IN_DEFICIT, accounts_parameters(store_id, after, limit))
    return deficits_in(accounts, rows(CHANGES, changes_parameters(accounts)))
