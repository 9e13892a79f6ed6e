"""The lines of an associate's pay with their causes: the ledger's postings, and the events behind them.

A page costs what it shows: each posting is joined with the events it names, by their streams or positions.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec

from domain.commission_account.events import ClawedBackLine, CommissionMoved, LateToppedUp
from domain.ids import account_id_of
from domain.messages import Event
from domain.return_.events import ReturnAccepted
from domain.sale.events import AttributionCorrected, SaleRecorded, SoldLine
from infra.event_store.codec import UndecodableEvent, decode

#: What goes to and from an associate, the newest first, without what statements paid: the posting, then topic
#: and bytes of its own event, of the sale, the return and the correction it names; then the period in which
#: the sale had come to this account. Parameters: account_id, before_position, before_n, limit.
PAY_LINES: Final = """
    WITH line AS MATERIALIZED (
        SELECT position, n, target, lines::text AS lines, currency, kind, period_id, sale_id, return_id,
            occurred_at, waits_for
        FROM projections.commission_ledger_postings
        WHERE key = %(account_id)s AND document IS NULL AND 'associate' IN (source, target)
        AND (position, n) < (%(before_position)s, %(before_n)s)
        ORDER BY position DESC, n DESC LIMIT %(limit)s
    )
    SELECT line.*, own.topic AS own_topic, own.state AS own, sale.topic AS sale_topic, sale.state AS sale,
        returned.topic AS returned_topic, returned.state AS returned, corrected.topic AS corrected_topic,
        corrected.state AS corrected, earned.period_id AS earned_in
    FROM line
    LEFT JOIN public.stored_events AS own ON own.notification_id = line.position
    LEFT JOIN public.stored_events AS sale
        ON sale.originator_id = line.sale_id AND sale.originator_version = 1
    LEFT JOIN public.stored_events AS returned
        ON returned.originator_id = line.return_id AND returned.originator_version = 1
    LEFT JOIN LATERAL (
        SELECT topic, state FROM public.stored_events
        WHERE originator_id = line.sale_id AND topic = 'sale.attribution_corrected.v1'
        AND notification_id < line.position
        ORDER BY originator_version DESC LIMIT 1
    ) AS corrected ON line.kind IN ('moved', 'recomputed')
    LEFT JOIN LATERAL (
        SELECT period_id FROM projections.commission_ledger_postings
        WHERE key = %(account_id)s AND position > sale.notification_id AND position < line.position
        AND sale_id = line.sale_id AND kind IN ('earned', 'moved')
        ORDER BY position LIMIT 1
    ) AS earned ON line.kind IN ('clawed_back', 'restored')
    ORDER BY line.position DESC, line.n DESC
"""


class PaidArticle(msgspec.Struct, frozen=True, kw_only=True):
    """What a line of a sale has to do with it: `amount_minor` of commission, and the article."""

    line_no: int | None
    amount_minor: int
    quantity: int | None
    sku: str | None
    description: str | None
    label: str | None


class PayCause(msgspec.Struct, frozen=True, kw_only=True):
    """Why: which sale it is of and in which period that had been earned, which return and who took it in,
    with whom a line was moved and the reason given, which closed period is made up for.
    """

    sold_at: datetime | None
    sold_in_store_id: str | None
    earned_in_period_id: str | None
    returned_at: datetime | None
    taken_in_store_id: str | None
    taken_in_by: str | None
    moved_with: tuple[str, ...]
    reason: str | None
    for_period_id: str | None


class PayLine(msgspec.Struct, frozen=True, kw_only=True):
    """What an event added to an associate's pay (negative: took from it), and why.

    `position` and an article's `line_no` name the entry, as `question-entry` does. It is posted to
    `period_id`, or waits for the day `waits_for`, or (both null) for the next statement.
    """

    position: int
    n: int
    kind: str
    amount_minor: int
    currency: str
    period_id: str | None
    waits_for: date | None
    occurred_at: datetime
    cause: PayCause
    items: list[PaidArticle]
    sale_id: str | None
    return_id: str | None


def pay_lines_parameters(associate_id: str, before: tuple[int, int], limit: int) -> dict[str, Any]:
    """The parameters of PAY_LINES; `before` is (position, n) of the last line that was read."""
    return {
        "account_id": account_id_of(associate_id),
        "before_position": before[0],
        "before_n": before[1],
        "limit": limit,
    }


def pay_line_of(row: Sequence[Any]) -> PayLine:
    """A row of PAY_LINES as it is served."""
    position, n, target, lines, currency, kind, period_id, sale_id, return_id, at, waits_for, *logged = row
    own, sale, returned, corrected = (
        _event(topic, state) for topic, state in zip(logged[:8:2], logged[1:8:2], strict=True)
    )
    sign = 1 if target == "associate" else -1
    moved = [(line_no, sign * minor) for line_no, minor in _lines.decode(lines)]
    return PayLine(
        position=position,
        n=n,
        kind=kind,
        amount_minor=sum(minor for _, minor in moved),
        currency=currency,
        period_id=period_id,
        waits_for=waits_for,
        occurred_at=at,
        cause=_cause(own, sale, returned, corrected, logged[-1]),
        items=_items(moved, own, sale),
        sale_id=sale_id,
        return_id=return_id,
    )


def _cause(
    own: Event | None,
    sale: Event | None,
    returned: Event | None,
    corrected: Event | None,
    earned_in: str | None,
) -> PayCause:
    sold = sale if isinstance(sale, SaleRecorded) else None
    back = returned if isinstance(returned, ReturnAccepted) else None
    late = own if isinstance(own, LateToppedUp) else None
    reason = late.reason if late else None
    if isinstance(corrected, AttributionCorrected):
        reason = corrected.reason
    return PayCause(
        sold_at=sold.occurred_at if sold else None,
        sold_in_store_id=sold.store_id if sold else None,
        earned_in_period_id=earned_in,
        returned_at=back.occurred_at if back else None,
        taken_in_store_id=back.store_id if back else None,
        taken_in_by=back.accepted_by if back else None,
        moved_with=own.counterparties if isinstance(own, CommissionMoved) else (),
        reason=reason,
        for_period_id=late.for_period_id if late else None,
    )


def _items(moved: list[tuple[int | None, int]], own: Event | None, sale: Event | None) -> list[PaidArticle]:
    sold = {line.line_no: line for line in sale.lines} if isinstance(sale, SaleRecorded) else {}
    units = {
        line.line_no: line.quantity for line in getattr(own, "lines", ()) if isinstance(line, ClawedBackLine)
    }
    return [
        _article(line_no, minor, sold.get(line_no), units.get(line_no))
        for line_no, minor in moved
        if line_no is not None
    ]


def _article(line_no: int, minor: int, sold: SoldLine | None, quantity: int | None) -> PaidArticle:
    return PaidArticle(
        line_no=line_no,
        amount_minor=minor,
        quantity=quantity if quantity is not None else sold.quantity if sold else None,
        sku=sold.sku if sold else None,
        description=sold.description if sold else None,
        label=sold.label if sold else None,
    )


def _event(topic: str | None, state: bytes | None) -> Event | None:
    """The event; None where there is none, or this version cannot read it."""
    try:
        return None if topic is None or state is None else decode(topic, bytes(state))
    except UndecodableEvent:
        return None


_lines = msgspec.json.Decoder(list[tuple[int | None, int]])
