"""A customer's receipts in the order of time, and sales by the number on their receipt; from the log."""

import asyncio
from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import Response

from domain.ids import Code, CustomerId, receipt_number_id_of
from domain.return_.events import ReturnMatched
from domain.sale.events import ReceiptNumbered, SaleRecorded
from infra.event_store.codec import decode
from projections.customer_directory.fold import PROJECTION as DIRECTORY
from services.api.http.cursors import CursorText, name_of_list, place_text, read_place
from services.api.http.parameters import AnyRequest, Limit, Reading
from services.api.http.problems import not_found
from services.api.http.route_handlers import Injected, json_response, read
from services.api.resources.decryption import decrypted_response
from services.api.resources.history import History, history_of, only
from services.api.resources.receipt_numbers import SALES_MAX
from services.api.resources.receipts import (
    ReturnDocument,
    SaleDocument,
    return_document,
    sale_document,
    sale_shown,
)
from services.api.state import AppState
from services.read_models.receipt_statements import RECEIPTS, RECORDS

#: Where a receipt stands in the list: when it was (ISO 8601), and its id.
Place = tuple[datetime, str]


class ReceiptPaging(Reading, kw_only=True):
    """A page of receipts, the latest first."""

    limit: Limit = 50
    cursor: CursorText | None = None


class NumberedReceipt(Reading, kw_only=True):
    """The number of a receipt, in the store that gave it."""

    store_id: Code
    receipt_no: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class CustomerReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """A sale to the customer, or a return of what they had bought or brought: one of both is null."""

    occurred_at: datetime
    sale: SaleDocument | None
    returned: ReturnDocument | None


class CustomerReceiptsPage(msgspec.Struct, frozen=True, kw_only=True):
    """Receipts, the latest first; a page may have fewer than asked for. `next` is the `cursor` of the next
    page, null on the last.
    """

    receipts: list[CustomerReceipt]
    next: str | None


class SalesPage(msgspec.Struct, frozen=True, kw_only=True):
    """Sales that carry a number, the latest recorded first."""

    sales: list[SaleDocument]


@read(
    "/v1/customers/{customer_id}/receipts",
    tag="customers",
    summary="A customer's sales and returns.",
    problems=("history_unreadable",),
)
async def customer_receipts(
    request: AnyRequest, app: Injected[AppState], params: Injected[ReceiptPaging], customer_id: CustomerId
) -> Response[CustomerReceiptsPage]:
    """What a customer bought and brought back, the latest first, of all records that they were merged from;
    as it stands in the log now.
    """
    found = await app.tables.read(
        DIRECTORY.name, RECORDS, {"customer_id": customer_id}, at_least=params.at_least
    )
    records = [row[0] for row in found.rows]
    if not records:
        raise not_found("customer", "customer_unknown")
    list_name = name_of_list("receipts", customer_id)
    before: Place | None = None
    if params.cursor is not None:
        before = read_place(params.cursor, list_name, Place)
    asked = {
        "customer_ids": records,
        "before_at": before[0] if before else None,
        "before_id": before[1] if before else None,
        "limit": params.limit + 1,
    }
    (listed,) = await app.tables.fetch((RECEIPTS, asked))
    page = listed[: params.limit]
    histories = [await history_of(app, receipt_id) for receipt_id, _ in page]
    known = (_receipt(request, history, records) for history in histories if history is not None)
    going_on = None
    if len(listed) > params.limit:
        receipt_id, occurred_at = page[-1]
        going_on = place_text(list_name, found.position, app.clock.now(), (occurred_at, receipt_id))
    answer = CustomerReceiptsPage(receipts=[one for one in known if one is not None], next=going_on)
    return await decrypted_response(app, answer, position=found.position)


@read("/v1/sales", tag="receipts", summary="Sales by receipt number.", problems=("history_unreadable",))
async def sales(
    request: AnyRequest, app: Injected[AppState], params: Injected[NumberedReceipt]
) -> Response[SalesPage]:
    """The sales of a store that carry a receipt number, the latest recorded first: of a number that was given
    again and again the last of them. None where nobody has it. From the log: what was sold a moment ago is in
    it.
    """
    position = await app.tables.end_of_log(params.at_least)
    number = receipt_number_id_of(params.store_id, params.receipt_no)
    logged = await asyncio.to_thread(app.log.read_stream, number)
    events = [decode(one.topic, one.state) for one in logged[-SALES_MAX:]]
    ids = dict.fromkeys(event.sale_id for event in reversed(events) if isinstance(event, ReceiptNumbered))
    histories = [await history_of(app, sale_id) for sale_id in ids]
    documents = [sale_shown(request, sale_document(history)) for history in histories if history is not None]
    return json_response(SalesPage(sales=documents), position=position)


def _receipt(request: AnyRequest, history: History, records: list[str]) -> CustomerReceipt | None:
    """A receipt where it is the customer's still: a sale may have been another's after all."""
    first = history.events[0]
    if isinstance(first, SaleRecorded):
        document = sale_document(history)
        if document.customer_id not in records:
            return None
        return CustomerReceipt(
            occurred_at=first.occurred_at, sale=sale_shown(request, document), returned=None
        )
    document = return_document(history)
    held = {match.sale_id for match in document.matches}
    matched = {event.customer_id for event in only(history, ReturnMatched) if event.sale_id in held}
    if not {document.customer_id, document.brought_by, *matched} & set(records):
        return None
    return CustomerReceipt(occurred_at=first.occurred_at, sale=None, returned=document)


ROUTE_HANDLERS: Final = (customer_receipts, sales)
