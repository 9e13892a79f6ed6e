"""Decides what follows when goods come back: with a receipt, without one, and traced to a sale later."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from domain.commission_account.earning import UnitRange, commission_clawed_back
from domain.commission_account.warnings import its_pay_period_is_not_opened_yet
from domain.messages import Event, Refused, made_of
from domain.policies import Decisions, business_time, event_of, given_id, keeping
from domain.return_ import commands, events, policies
from domain.return_.accepting import TakenLine, returned_lines, sale_on_receipt, taken_lines
from domain.return_.finding_units import merged_ranges
from domain.return_.matching import found_by_match, matched_lines, refunds_of, taken_back, undone
from domain.return_.warnings import ACCEPTING_WARNINGS
from domain.sale.events import UnitsReturned
from domain.sale.policies import known_sale
from domain.sale.state import SaleState
from domain.sale.warnings import it_is_dated_before_the_sale
from domain.state_reader import StateReader


def accept_return(command: commands.AcceptReturn, states: StateReader, now: datetime) -> list[Event]:
    """The goods are taken back; those on the receipt use up sold units, and their sellers give back what they
    earned.
    """
    return_id = given_id(command.return_id, "return_id")
    if states.return_(return_id) is not None:
        raise Refused("already_exists", f"Return {return_id} is accepted already.", "return_id")
    for rule in policies.ACCEPTING_POLICIES:
        rule(command, states)
    at = business_time(command, now)
    sale = sale_on_receipt(command, states)
    if sale is None:
        return [_accepted(command, return_id, None, (), states, at)]
    at = max(at, sale.sold_at)
    taken = taken_lines(command, sale)
    on_receipt = merged_ranges([line.units for line in taken])
    if not on_receipt:
        return [_accepted(command, return_id, None, taken, states, at)]
    accepted = _accepted(command, return_id, sale, taken, states, at)
    return [accepted, *_taken_back(states, sale, return_id, on_receipt, at)]


def _accepted(
    command: commands.AcceptReturn,
    return_id: str,
    sale: SaleState | None,
    taken: Sequence[TakenLine],
    states: StateReader,
    at: datetime,
) -> events.ReturnAccepted:
    """The customer is refunded at once; goods that are on no receipt touch nobody's commission (rule 3)."""
    lines = returned_lines(taken or taken_lines(command, None))
    brought_by = _known(command.customer_id, states.customer)
    customer_id = sale.customer_id if sale is not None else brought_by
    above_minor = [line.refund_minor - line.sold_minor for line in lines if line.sold_minor is not None]
    return events.ReturnAccepted(
        occurred_at=at,
        return_id=return_id,
        customer_id=customer_id,
        sale_id=sale.sale_id if sale is not None else None,
        sold_at=sale.sold_at if sale is not None else None,
        channel=sale.channel if sale is not None else None,
        store_id=command.store_id,
        currency=policies.currency_of(command, states),
        lines=lines,
        refund_minor=sum(line.refund_minor for line in lines),
        tax_minor=sum(line.tax_minor for line in lines),
        goodwill_minor=sum(minor for minor in above_minor if minor > 0),
        open_minor=-sum(minor for minor in above_minor if minor < 0),
        accepted_by=_known(command.accepted_by, states.associate),
        brought_by=brought_by if brought_by != customer_id else None,
        condition=command.condition,
        reason=command.reason,
    )


def _known(named: str | None, find: Callable[[str], Any]) -> str | None:
    """Whoever is named, if there is somebody of that identifier."""
    return named if named is not None and find(named) is not None else None


def _taken_back(
    states: StateReader, sale: SaleState, return_id: str, taken: Sequence[UnitRange], at: datetime
) -> list[Event]:
    """What a return does to the sale (its units are used up, so that they never come back twice) and to its
    sellers.
    """
    used_up = UnitsReturned(
        occurred_at=at,
        sale_id=sale.sale_id,
        customer_id=sale.customer_id,
        return_id=return_id,
        lines=tuple(map(taken_back, taken)),
    )
    return [used_up, *commission_clawed_back(states, sale, return_id, taken, at)]


def match_return(command: commands.MatchReturn, states: StateReader, now: datetime) -> list[Event]:
    """The clawback moves to the sellers, once; what was refunded beyond the price is the house's goodwill."""
    return_ = policies.known_return(states, command.return_id)
    sale = known_sale(states, command.sale_id)
    keeping(policies.MATCHING_POLICIES, return_, command, states)
    at = business_time(command, now)
    found = found_by_match(return_, sale, command)
    lines = tuple(
        line
        for place, of_line in enumerate(found, start=1)
        for line in matched_lines(return_, place, of_line)
    )
    refund_minor = sum(line.refund_minor for line in lines)
    sold_minor = sum(line.sold_minor for line in lines)
    own = return_.taken_off is not None and return_.taken_off == sale.customer_id
    refunds = refunds_of(return_, lines)
    matched = made_of(
        events.ReturnMatched,
        sale,
        occurred_at=at,
        return_id=return_.return_id,
        lines=lines,
        refund_minor=refund_minor,
        sold_minor=sold_minor,
        goodwill_minor=refund_minor - sold_minor,
        already_taken_off=own,
        refunds=refunds,
    )
    # The refund had come off the spend of whoever brought the goods: they were another customer's.
    restored = events.SpendRestored(
        occurred_at=at,
        return_id=return_.return_id,
        customer_id=return_.taken_off,
        currency=return_.currency,
        refund_minor=refund_minor,
        refunds=refunds,
    )
    return [
        matched,
        *([] if own or return_.taken_off is None else [restored]),
        *_taken_back(states, sale, return_.return_id, merged_ranges(found), at),
    ]


def unmatch_return(command: commands.UnmatchReturn, states: StateReader, now: datetime) -> list[Event]:
    """Units, spend, goodwill and commission are as before the match, by compensating events."""
    return_ = policies.known_return(states, command.return_id)
    sale = known_sale(states, command.sale_id)
    keeping(policies.UNMATCHING_POLICIES, return_, command, states)
    return undone(states, return_, sale, business_time(command, now))


def link_exchange(command: commands.LinkExchange, states: StateReader, now: datetime) -> list[Event]:
    """The return and the new sale are linked; no money moves."""
    return_ = policies.known_return(states, command.return_id)
    known_sale(states, command.sale_id)
    keeping(policies.LINKING_POLICIES, return_, command, states)
    linked = event_of(events.ExchangeLinked, command, now, customer_id=return_.customer_id)
    return [] if return_.exchanged_for == command.sale_id else [linked]


def unlink_exchange(command: commands.UnlinkExchange, states: StateReader, now: datetime) -> list[Event]:
    """Neither the return nor the sale changes; no money moves."""
    return_ = policies.known_return(states, command.return_id)
    keeping(policies.UNLINKING_POLICIES, return_, command, states)
    return [event_of(events.ExchangeUnlinked, command, now, customer_id=return_.customer_id)]


DECISIONS: Decisions = {
    commands.AcceptReturn: accept_return,
    commands.MatchReturn: match_return,
    commands.UnmatchReturn: unmatch_return,
    commands.LinkExchange: link_exchange,
    commands.UnlinkExchange: unlink_exchange,
}
WARNINGS = {
    commands.AcceptReturn: (*ACCEPTING_WARNINGS, its_pay_period_is_not_opened_yet),
    commands.MatchReturn: (it_is_dated_before_the_sale, its_pay_period_is_not_opened_yet),
    commands.UnmatchReturn: (it_is_dated_before_the_sale, its_pay_period_is_not_opened_yet),
}
