"""Deficits that build up, read with what caused them; for the API and the command line."""

from collections.abc import Sequence
from typing import Any

from projections.commission_ledger.deficits import Deficit, deficits_of
from projections.commission_ledger.fold import PROJECTION


def deficits_parameters(*, store_id: str | None, after: str, limit: int) -> dict[str, Any]:
    """The parameters of DEFICITS; `after` is the associate that was read last."""
    return {"store_id": store_id, "after_key": after, "limit": limit}


def deficits_in(accounts: Sequence[tuple[Any, ...]]) -> list[Deficit]:
    """The deficits of accounts (rows of DEFICITS)."""
    return [
        deficit
        for associate_id, store_id, state, changes in accounts
        for deficit in deficits_of(associate_id, store_id, PROJECTION.decode(state), changes)
    ]
