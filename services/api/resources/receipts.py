"""Sales and returns as they stand in the log at this moment."""

from datetime import datetime
from typing import Final

import msgspec
from litestar import Response
from msgspec.structs import asdict, replace

from domain.evolve import state_of
from domain.ids import ReturnId, SaleId
from domain.messages import made_of
from domain.return_.events import (
    MatchedLine,
    ReturnAccepted,
    ReturnedLine,
    ReturnMatched,
)
from domain.return_.state import ReturnState
from domain.sale.commands import SaleChannel
from domain.sale.events import Credit, SaleRecorded, SoldKind, SoldLine, UnitsRestored, UnitsReturned
from domain.sale.state import SaleState
from services.api.http.parameters import AnyRequest, Reading
from services.api.http.problems import not_found
from services.api.http.route_handlers import Injected, json_response, read
from services.api.resources.access import credits_shown
from services.api.resources.decryption import decrypted_response
from services.api.resources.history import History, HistoryEntry, history_of, only
from services.api.state import AppState


class SaleLineDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A line as sold, with its credits now. `returned` of its units came back, for `refunded_minor`."""

    line_no: int
    sku: str
    description: str
    label: str | None
    department: str | None
    size: str | None
    quantity: int
    unit_price_minor: int
    discount_minor: int
    net_minor: int
    tax_minor: int
    credits: tuple[Credit, ...]
    kind: SoldKind
    returned: int
    refunded_minor: int


class UnitsDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a line that came back together."""

    line_no: int
    quantity: int
    refund_minor: int
    tax_minor: int


class SaleReturnDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One return of goods of this sale."""

    return_id: str
    returned_at: datetime
    lines: list[UnitsDocument]


class SaleDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt: as sold, who is credited now, what came back. Amounts are without tax unless they say so."""

    sale_id: str
    customer_id: str | None
    store_id: str
    channel: SaleChannel
    currency: str
    sold_at: datetime
    receipt_no: str | None
    net_minor: int
    tax_minor: int
    refunded_minor: int
    lines: list[SaleLineDocument]
    returns: list[SaleReturnDocument]
    history: list[HistoryEntry]


class MatchDocument(msgspec.Struct, frozen=True, kw_only=True):
    """How a return without a receipt was traced to its sale."""

    sale_id: str
    matched_at: datetime
    lines: tuple[MatchedLine, ...]
    sold_minor: int
    goodwill_minor: int


class ReturnDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Goods taken back. `sale_id` is where they came from, by receipt or by a later match; `matches` are
    those that hold, `match` the last of them.

    `goodwill_minor`: refunded above what the units of the receipt were sold for; `open_minor`: refunded too
    little.
    """

    return_id: str
    sale_id: str | None
    customer_id: str | None
    brought_by: str | None
    store_id: str
    currency: str
    returned_at: datetime
    refund_minor: int
    tax_minor: int
    goodwill_minor: int
    open_minor: int
    accepted_by: str | None
    condition: str | None
    reason: str | None
    lines: tuple[ReturnedLine, ...]
    match: MatchDocument | None
    matches: list[MatchDocument]
    exchanged_for: str | None
    history: list[HistoryEntry]


@read("/v1/sales/{sale_id}", tag="receipts", summary="One sale.", problems=("history_unreadable",))
async def sale(
    request: AnyRequest, app: Injected[AppState], params: Injected[Reading], sale_id: SaleId
) -> Response[SaleDocument]:
    """One sale with its lines, credits and returns, from the log: what was recorded a moment ago is in it."""
    position = await app.tables.end_of_log(params.at_least)
    history = await history_of(app, sale_id)
    if history is None:
        raise not_found("sale", "sale_unknown")
    document = sale_shown(request, sale_document(history))
    return json_response(document, position=max(position, history.position))


@read(
    "/v1/returns/{return_id}",
    tag="receipts",
    summary="One return.",
    name="return",
    problems=("history_unreadable",),
)
async def return_(
    app: Injected[AppState], params: Injected[Reading], return_id: ReturnId
) -> Response[ReturnDocument]:
    """One return, with or without a receipt, straight from the log."""
    position = await app.tables.end_of_log(params.at_least)
    history = await history_of(app, return_id)
    if history is None:
        raise not_found("return", "return_unknown")
    return await decrypted_response(app, return_document(history), position=max(position, history.position))


def sale_shown(request: AnyRequest, sale: SaleDocument) -> SaleDocument:
    """A sale as whoever asks may see it."""
    lines = [replace(line, credits=credits_shown(request, line.credits)) for line in sale.lines]
    return replace(sale, lines=lines)


def sale_document(history: History) -> SaleDocument:
    """What a sale's history comes to."""
    state: SaleState = state_of(history.events)
    recorded: SaleRecorded = history.events[0]  # type: ignore[assignment]
    returns = _returns_that_hold(history)
    refunded: dict[int, int] = {}
    for units in (units for came_back in returns for units in came_back.lines):
        refunded[units.line_no] = refunded.get(units.line_no, 0) + units.refund_minor
    return made_of(
        SaleDocument,
        recorded,
        state,
        refunded_minor=sum(refunded.values()),
        lines=[
            _sale_line(line.sold, line.returned, refunded.get(line.sold.line_no, 0)) for line in state.lines
        ],
        returns=returns,
        history=history.entries,
    )


def _returns_that_hold(history: History) -> list[SaleReturnDocument]:
    """The returns of goods of this sale, without those whose match was taken back."""
    returns: list[SaleReturnDocument] = []
    for event in history.events:
        if isinstance(event, UnitsReturned):
            returns.append(_sale_return(event))
        elif isinstance(event, UnitsRestored):
            returns = [came_back for came_back in returns if came_back.return_id != event.return_id]
    return returns


def _sale_line(sold: SoldLine, returned: int, refunded_minor: int) -> SaleLineDocument:
    return SaleLineDocument(**asdict(sold), returned=returned, refunded_minor=refunded_minor)


def _sale_return(event: UnitsReturned) -> SaleReturnDocument:
    lines = [UnitsDocument(**asdict(units)) for units in event.lines]
    return SaleReturnDocument(return_id=event.return_id, returned_at=event.occurred_at, lines=lines)


def return_document(history: History) -> ReturnDocument:
    """What a return's history comes to; condition and reason are still encrypted."""
    state: ReturnState = state_of(history.events)
    accepted: ReturnAccepted = history.events[0]  # type: ignore[assignment]
    held = {match.sale_id for match in state.matches}
    matches = [_match(event) for event in only(history, ReturnMatched) if event.sale_id in held]
    return made_of(
        ReturnDocument,
        accepted,
        state,
        returned_at=accepted.occurred_at,
        match=matches[-1] if matches else None,
        matches=matches,
        history=history.entries,
    )


def _match(event: ReturnMatched) -> MatchDocument:
    return made_of(MatchDocument, event, matched_at=event.occurred_at)


ROUTE_HANDLERS: Final = (sale, return_)
