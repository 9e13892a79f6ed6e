"""The loyalty score: per customer record, the state that score.py computes a score as of any date from."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from domain.customer.events import CustomersMerged, CustomersUnmerged
from domain.messages import Event
from projections.kernel import Projection, table_ddl
from projections.loyalty_score import folding
from projections.loyalty_score.state import LoyaltyState

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class LoyaltyRow(msgspec.Struct, omit_defaults=True):
    """The row of one record. `merged_into` names the record it is a part of."""

    customer_id: str
    known: LoyaltyState
    merged_into: str | None = None


def empty(customer_id: str) -> LoyaltyRow:
    """Somebody who never bought anything."""
    return LoyaltyRow(customer_id, LoyaltyState())


def fold(row: LoyaltyRow, event: Event, position: int) -> tuple[()]:
    """Folds an event into the row. The score keeps no journal."""
    relate = _RELATED.get(type(event))
    if relate is None:
        folding.apply(row.known, event, position)
    else:
        relate(row, event)
    return ()


def _merged(row: LoyaltyRow, event: CustomersMerged) -> None:
    if not event.survives:
        row.merged_into = event.other_customer_id


def _unmerged(row: LoyaltyRow, event: CustomersUnmerged) -> None:
    if not event.survives:
        row.merged_into = None


_RELATED: Final[dict[type[Event], Any]] = {CustomersMerged: _merged, CustomersUnmerged: _unmerged}


def query_values(row: LoyaltyRow) -> tuple[Any, ...]:
    """The query columns of a row, in the order of table.sql."""
    sold = [sale.sold_at for sale in row.known.sales]
    return (
        row.merged_into,
        _instant(min(sold)) if sold else None,
        _instant(max(sold)) if sold else None,
        len(sold),
    )


def _instant(seconds: int) -> datetime:
    return _EPOCH + timedelta(seconds=seconds)


PROJECTION: Final = Projection(
    name="loyalty_score",
    keyed_by="customer",
    consumes=(*folding.FOLDS, *_RELATED),
    state_type=LoyaltyRow,
    empty=empty,
    fold=fold,
    columns=("merged_into", "first_sold_at", "last_sold_at", "sales"),
    values=query_values,
    ddl=table_ddl(__package__ or ""),
)
