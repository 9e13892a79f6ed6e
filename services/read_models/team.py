"""What a manager reads of a store's team: how each member's periods went, whose books are to be handed over,
and which lines of sales are nobody's.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from domain.evolve import state_of
from domain.money import WHOLE_BP, half_up
from domain.sale.events import SaleRecorded
from domain.sale.state import SaleState
from infra.event_store.codec import decode
from infra.event_store.log import EventLog
from projections.associate_directory.fold import PROJECTION as DIRECTORY
from projections.commission_ledger.account import Account, Statement
from projections.commission_ledger.fold import PROJECTION as LEDGER
from projections.commission_ledger.queries import account_document, guarantee_of


class PeriodOfTrend(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a period's guarantee net commission was, or is so far; null without a guarantee."""

    period_id: str
    ends_on: date | None
    net_of_guarantee_bp: int | None
    is_stated: bool


class TeamMember(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who works in a store; `trend` by period, the latest last. What they are paid is not in it."""

    associate_id: str
    department: str | None
    status: str
    leaves_on: date | None
    trend: list[PeriodOfTrend]


class BookToHandOver(msgspec.Struct, frozen=True, kw_only=True):
    """A book whose associate left, or will (`leaving`), with so many customers."""

    associate_id: str
    status: str
    last_day: date | None
    successors: tuple[str, ...]
    customers: int


class UnattributedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of goods that nobody is credited with and that has not come back whole."""

    sale_id: str
    line_no: int
    sold_at: datetime
    sku: str
    description: str
    department: str | None
    quantity: int
    net_minor: int
    currency: str


def member_of(row: Sequence[Any]) -> TeamMember:
    """A row of MEMBERS as it is served."""
    associate_id, department, state, account, statements = row
    associate = DIRECTORY.decode(state)
    stated = _statements.decode(statements) if statements else []
    known = LEDGER.decode(account) if account else Account()
    return TeamMember(
        associate_id=associate_id,
        department=department,
        status=associate.status,
        leaves_on=associate.leaving.left_on if associate.leaving else None,
        trend=[
            *(
                PeriodOfTrend(
                    period_id=one.period_id,
                    ends_on=one.ends_on,
                    net_of_guarantee_bp=_share(one.net_minor, one.guarantee_minor),
                    is_stated=True,
                )
                for one in stated[::-1]
            ),
            *(
                PeriodOfTrend(
                    period_id=period.period_id,
                    ends_on=None,
                    net_of_guarantee_bp=_share(period.net_minor, guarantee_of(known, period)),
                    is_stated=False,
                )
                for period in account_document(known).open_periods
                if period.period_id is not None
            ),
        ],
    )


def _share(net_minor: int, guarantee_minor: int) -> int | None:
    return half_up(net_minor * WHOLE_BP, guarantee_minor) if guarantee_minor else None


def book_to_hand_over(row: Sequence[Any]) -> BookToHandOver:
    """A row of BOOKS as it is served."""
    associate_id, status, state, customers, announced = row
    associate = DIRECTORY.decode(state)
    leaving = associate.leaving
    return BookToHandOver(
        associate_id=associate_id,
        status=status,
        last_day=leaving.left_on if leaving else associate.left_on,
        successors=_announced.decode(announced).successors if leaving else associate.successors,
        customers=customers,
    )


def unattributed_lines(log: EventLog, sale_ids: Sequence[str], since: datetime) -> list[UnattributedLine]:
    """The lines of these sales that are nobody's now, sold since then, the latest first."""
    histories: dict[str, list[Any]] = {}
    for logged in log.read_histories(list(sale_ids)):
        if (event := decode(logged.topic, logged.state)) is not None:
            histories.setdefault(logged.stream_id, []).append(event)
    sales = [state_of(events) for events in histories.values() if isinstance(events[0], SaleRecorded)]
    lines = [line for sale in sales if sale.sold_at >= since for line in _nobodys(sale)]
    return sorted(lines, key=lambda line: (line.sold_at, line.sale_id, -line.line_no), reverse=True)


def _nobodys(sale: SaleState) -> list[UnattributedLine]:
    return [
        UnattributedLine(
            sale_id=sale.sale_id,
            line_no=line.sold.line_no,
            sold_at=sale.sold_at,
            sku=line.sold.sku,
            description=line.sold.description,
            department=line.sold.department,
            quantity=line.left,
            net_minor=line.sold.net_minor,
            currency=sale.currency,
        )
        for line in sale.lines
        if line.sold.kind == "goods" and not line.sold.credits and line.left > 0
    ]


class _Announced(msgspec.Struct, frozen=True):
    successors: tuple[str, ...] = ()


_announced = msgspec.json.Decoder(_Announced)
_statements = msgspec.json.Decoder(list[Statement])
