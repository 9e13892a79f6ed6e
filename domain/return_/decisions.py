"""Decides what follows when goods come back: with a receipt, without one, and traced to a sale later."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from domain.commission_account.earning import UnitRange, commission_clawed_back
from domain.messages import Command, Event, Refused
from domain.policies import business_time, given_id
from domain.return_.commands import AcceptReturn, LineToReturn, LinkExchange, MatchReturn
from domain.return_.events import (
    ExchangeLinked,
    ReturnAccepted,
    ReturnedLine,
    ReturnMatched,
    SpendRestored,
)
from domain.return_.finding_units import UnitRequest, find_units, merged_ranges
from domain.return_.matching import matched_lines, wanted_by_match
from domain.return_.policies import (
    ACCEPTING_POLICIES,
    LINKING_POLICIES,
    MATCHING_POLICIES,
    WITHOUT_RECEIPT_POLICIES,
    known_return,
)
from domain.return_.state import ReturnState
from domain.sale.events import UnitsReturned, UnitsTakenBack
from domain.sale.parts import money_between
from domain.sale.policies import known_sale
from domain.sale.state import SaleState
from domain.state_reader import StateReader


def accept_return(command: AcceptReturn, states: StateReader, now: datetime) -> list[Event]:
    """The goods are taken back; what else follows depends on whether there is a receipt."""
    return_id = given_id(command.return_id, "return_id")
    if states.return_(return_id) is not None:
        raise Refused("already_exists", f"Return {return_id} is accepted already.", "return_id")
    for rule in ACCEPTING_POLICIES:
        rule(command, states)
    at = business_time(command, now)
    if command.sale_id is None:
        return [_accepted_without_receipt(command, return_id, states, at)]
    sale = known_sale(states, command.sale_id)
    return _accepted_with_receipt(command, return_id, sale, states, at)


def _accepted_without_receipt(
    command: AcceptReturn, return_id: str, states: StateReader, at: datetime
) -> ReturnAccepted:
    """The customer is refunded at once; no associate's commission is touched (rule 3)."""
    for rule in WITHOUT_RECEIPT_POLICIES:
        rule(command, states)
    lines = tuple(
        ReturnedLine(
            sku=line.sku,
            description=line.description,
            label=line.label,
            department=line.department,
            quantity=line.quantity,
            refund_minor=line.refund_minor or 0,
        )
        for line in command.lines
    )
    return ReturnAccepted(
        occurred_at=at,
        return_id=return_id,
        customer_id=command.customer_id,
        store_id=command.store_id,
        currency=command.currency or "",
        lines=lines,
        refund_minor=sum(line.refund_minor for line in lines),
        accepted_by=command.accepted_by,
        condition=command.condition,
        reason=command.reason,
    )


def _accepted_with_receipt(
    command: AcceptReturn, return_id: str, sale: SaleState, states: StateReader, at: datetime
) -> list[Event]:
    """The refund follows from what was paid, the sold units are used up, and the sellers give back what these
    earned.
    """
    found = find_units(sale, [_wanted(line, index) for index, line in enumerate(command.lines)])
    for index, (line, of_line) in enumerate(zip(command.lines, found, strict=True)):
        _refund_must_be_what_was_paid(line, of_line, index)
    taken = merged_ranges(found)
    lines = tuple(_returned_line(units) for units in taken)
    accepted = ReturnAccepted(
        occurred_at=at,
        return_id=return_id,
        customer_id=sale.customer_id,
        sale_id=sale.sale_id,
        sold_at=sale.sold_at,
        channel=sale.channel,
        store_id=command.store_id,
        currency=sale.currency,
        lines=lines,
        refund_minor=sum(line.refund_minor for line in lines),
        tax_minor=sum(line.tax_minor for line in lines),
        accepted_by=command.accepted_by,
        brought_by=command.customer_id if command.customer_id != sale.customer_id else None,
        condition=command.condition,
        reason=command.reason,
    )
    return [accepted, *_taken_back(states, sale, return_id, taken, at)]


def _wanted(line: LineToReturn, index: int) -> UnitRequest:
    named_by = "line_no" if line.line_no is not None or line.sku is None else "sku"
    return UnitRequest(
        line_no=line.line_no,
        sku=line.sku,
        quantity=line.quantity,
        line_field=f"lines[{index}].{named_by}",
        quantity_field=f"lines[{index}].quantity",
    )


def _refund_must_be_what_was_paid(line: LineToReturn, found: Sequence[UnitRange], index: int) -> None:
    paid_minor = sum(money_between(units.line, units.first, units.last).net_minor for units in found)
    if line.refund_minor not in (None, paid_minor):
        raise Refused(
            "refund_differs",
            f"{paid_minor} was paid for these units; {line.refund_minor} cannot be refunded on this receipt.",
            f"lines[{index}].refund_minor",
        )


def _returned_line(units: UnitRange) -> ReturnedLine:
    money = money_between(units.line, units.first, units.last)
    return ReturnedLine(
        line_no=units.line.line_no,
        sku=units.line.sku,
        description=units.line.description,
        label=units.line.label,
        department=units.line.department,
        quantity=units.quantity,
        refund_minor=money.net_minor,
        tax_minor=money.tax_minor,
    )


def _taken_back(
    states: StateReader, sale: SaleState, return_id: str, taken: Sequence[UnitRange], at: datetime
) -> list[Event]:
    """What a return does to the sale (its units are used up, so that they never come back twice) and to its
    sellers.
    """
    lines: list[UnitsTakenBack] = []
    for units in taken:
        money = money_between(units.line, units.first, units.last)
        lines.append(UnitsTakenBack(units.line.line_no, units.quantity, money.net_minor, money.tax_minor))
    used_up = UnitsReturned(
        occurred_at=at,
        sale_id=sale.sale_id,
        customer_id=sale.customer_id,
        return_id=return_id,
        lines=tuple(lines),
    )
    return [used_up, *commission_clawed_back(states, sale, return_id, taken, at)]


def match_return(command: MatchReturn, states: StateReader, now: datetime) -> list[Event]:
    """The clawback moves to the sellers, once; what was refunded beyond the price is the house's goodwill."""
    return_ = known_return(states, command.return_id)
    sale = known_sale(states, command.sale_id)
    for rule in MATCHING_POLICIES:
        rule(return_, command, states)
    at = business_time(command, now)
    found = find_units(sale, wanted_by_match(return_, command))
    lines = tuple(
        line
        for returned, of_line in zip(return_.lines, found, strict=True)
        for line in matched_lines(returned, of_line)
    )
    refund_minor = sum(line.refund_minor for line in lines)
    sold_minor = sum(line.sold_minor for line in lines)
    matched = ReturnMatched(
        occurred_at=at,
        return_id=return_.return_id,
        customer_id=sale.customer_id,
        sale_id=sale.sale_id,
        sold_at=sale.sold_at,
        channel=sale.channel,
        currency=sale.currency,
        lines=lines,
        refund_minor=refund_minor,
        sold_minor=sold_minor,
        goodwill_minor=refund_minor - sold_minor,
        already_taken_off=return_.customer_id is not None and return_.customer_id == sale.customer_id,
    )
    restored = _spend_restored(return_, sale, refund_minor, at)
    return [matched, *restored, *_taken_back(states, sale, return_.return_id, merged_ranges(found), at)]


def _spend_restored(
    return_: ReturnState, sale: SaleState, refund_minor: int, at: datetime
) -> list[SpendRestored]:
    """The refund had come off the spend of whoever brought the goods; they were another customer's, or a
    walk-in's.
    """
    if return_.customer_id in (None, sale.customer_id):
        return []
    return [
        SpendRestored(
            occurred_at=at,
            return_id=return_.return_id,
            customer_id=return_.customer_id,
            currency=return_.currency,
            refund_minor=refund_minor,
        )
    ]


def link_exchange(command: LinkExchange, states: StateReader, now: datetime) -> list[Event]:
    """The return and the new sale are linked; no money moves."""
    return_ = known_return(states, command.return_id)
    known_sale(states, command.sale_id)
    for rule in LINKING_POLICIES:
        rule(return_, command, states)
    at = business_time(command, now)
    if return_.exchanged_for == command.sale_id:
        return []
    return [
        ExchangeLinked(
            occurred_at=at,
            return_id=return_.return_id,
            customer_id=return_.customer_id,
            sale_id=command.sale_id,
        )
    ]


DECISIONS: dict[type[Command], Callable[[Any, StateReader, datetime], list[Event]]] = {
    AcceptReturn: accept_return,
    MatchReturn: match_return,
    LinkExchange: link_exchange,
}
