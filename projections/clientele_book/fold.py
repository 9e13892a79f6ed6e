"""The clientele book: one page per customer record, folded from every event that concerns them."""

from typing import Any, Final

from domain.messages import Event
from projections.clientele_book import correction_events, profile_events, purchase_events
from projections.clientele_book.page import CustomerPage
from projections.clientele_book.summary import query_values
from projections.kernel import Projection, table_ddl

_FOLDS: dict[type[Event], Any] = {
    **profile_events.FOLDS,
    **correction_events.FOLDS,
    **purchase_events.FOLDS,
}


def empty(customer_id: str) -> CustomerPage:
    """The page of somebody nothing is known about."""
    return CustomerPage(customer_id=customer_id)


def fold(page: CustomerPage, event: Event, position: int) -> tuple[()]:
    """Folds an event into the page. The book keeps no journal."""
    _FOLDS[type(event)](page, event)
    return ()


PROJECTION: Final = Projection(
    name="clientele_book",
    keyed_by="customer",
    consumes=tuple(_FOLDS),
    state_type=CustomerPage,
    empty=empty,
    fold=fold,
    columns=(
        "primary_owner",
        "secondary_owners",
        "net_spend_minor",
        "visits",
        "last_visit_at",
        "last_contact_at",
        "waiting",
        "promised_by",
        "merged_into",
        "related",
        "forgotten",
        "summary",
    ),
    values=query_values,
    ddl=table_ddl(__package__ or ""),
)
