"""Policies of a return.

None of them knows its age, its wear or its reason, nor what the shop can sort out later: a return is never
refused for those.
"""

from collections.abc import Callable
from typing import Any

from domain.messages import NotFound, Refused
from domain.return_.commands import AcceptReturn, LinkExchange, MatchReturn, UnlinkExchange, UnmatchReturn
from domain.return_.state import ReturnState
from domain.sale.policies import AMOUNT_MINOR_MAX, known_sale
from domain.state_reader import StateReader

#: A policy about a return that is to be taken in; it raises Refused, or returns.
AcceptingPolicy = Callable[[AcceptReturn, StateReader], None]
#: A policy about a command and the return it is addressed to.
Policy = Callable[[ReturnState, Any, StateReader], None]


def known_return(states: StateReader, return_id: str) -> ReturnState:
    """A return that has been accepted, or NotFound."""
    return_ = states.return_(return_id)
    if return_ is None:
        raise NotFound("return_unknown", f"There is no return {return_id}.", "return_id")
    return return_


# --- taking goods back --------------------------------------------------------------------------------------


def currency_of(command: AcceptReturn, states: StateReader) -> str:
    """The currency of the refund: the receipt's, else the one that is said. Refused without either."""
    sale = states.sale(command.sale_id) if command.sale_id is not None else None
    if sale is not None:
        return sale.currency
    if command.currency is None:
        raise Refused("currency_missing", "Without a receipt, say in which currency to refund.", "currency")
    return command.currency


def refund_must_be_in_the_currency_paid(command: AcceptReturn, states: StateReader) -> None:
    sold_in = currency_of(command, states)
    if command.currency not in (None, sold_in):
        raise Refused(
            "currency_differs",
            f"The sale was in {sold_in}; it cannot be refunded in {command.currency}. "
            f"Refund it in {sold_in}, or take the goods back without the receipt.",
            "currency",
        )


def refunds_must_be_countable(command: AcceptReturn, states: StateReader) -> None:
    if sum(line.refund_minor or 0 for line in command.lines) > AMOUNT_MINOR_MAX:
        raise Refused("amount_too_large", f"A return cannot come to more than {AMOUNT_MINOR_MAX}.", "lines")


ACCEPTING_POLICIES: tuple[AcceptingPolicy, ...] = (
    refund_must_be_in_the_currency_paid,
    refunds_must_be_countable,
)


# --- afterwards ---------------------------------------------------------------------------------------------


def return_must_have_come_without_a_receipt(
    return_: ReturnState, command: MatchReturn, states: StateReader
) -> None:
    if not return_.matches and not any(return_.untraced):
        raise Refused("has_receipt", f"This return came with the receipt of {return_.sale_id}.", "return_id")


def return_is_matched_only_once(return_: ReturnState, command: MatchReturn, states: StateReader) -> None:
    if return_.matched:
        sales = ", ".join(dict.fromkeys(match.sale_id for match in return_.matches))
        raise Refused(
            "already_matched",
            f"This return has been traced to {sales} already: use UnmatchReturn if that is wrong.",
            "return_id",
        )


def sale_must_be_in_the_currency_refunded(
    return_: ReturnState, command: MatchReturn, states: StateReader
) -> None:
    sold_in = known_sale(states, command.sale_id).currency
    if sold_in != return_.currency:
        raise Refused(
            "currency_differs", f"The refund was in {return_.currency}, the sale in {sold_in}.", "sale_id"
        )


def every_returned_line_must_be_matched(
    return_: ReturnState, command: MatchReturn, states: StateReader
) -> None:
    if command.lines and len(command.lines) != len(return_.lines):
        raise Refused(
            "lines_do_not_match",
            f"The return has {len(return_.lines)} lines: name the line of the sale for each, or null.",
            "lines",
        )
    if command.lines and not any(command.lines):
        raise Refused("lines_do_not_match", "Name the line of the sale for one line at least.", "lines")


def lines_without_a_sku_must_be_matched_by_hand(
    return_: ReturnState, command: MatchReturn, states: StateReader
) -> None:
    for index, line in enumerate(return_.lines):
        if not command.lines and line.sku is None and return_.untraced[index]:
            raise Refused(
                "line_unnamed",
                f"Line {index + 1} of the return has no SKU: name the lines of the sale.",
                "lines",
            )


MATCHING_POLICIES: tuple[Policy, ...] = (
    return_is_matched_only_once,
    return_must_have_come_without_a_receipt,
    sale_must_be_in_the_currency_refunded,
    every_returned_line_must_be_matched,
    lines_without_a_sku_must_be_matched_by_hand,
)


def return_must_have_been_matched_to_the_sale(
    return_: ReturnState, command: UnmatchReturn, states: StateReader
) -> None:
    if all(match.sale_id != command.sale_id for match in return_.matches):
        raise Refused("not_matched", f"This return is not matched to {command.sale_id}.", "sale_id")


def no_price_may_have_been_allowed_since(
    return_: ReturnState, command: UnmatchReturn, states: StateReader
) -> None:
    """The line's other units stand at another price since then, and those of the match cannot join them."""
    if return_.return_id in known_sale(states, command.sale_id).settled:
        raise Refused(
            "price_allowed_since",
            f"A price was allowed on what is left of a line of {command.sale_id} since this return was "
            "matched to it: the match cannot be taken back.",
            "sale_id",
        )


UNMATCHING_POLICIES: tuple[Policy, ...] = (
    return_must_have_been_matched_to_the_sale,
    no_price_may_have_been_allowed_since,
)


def exchange_must_be_another_sale(return_: ReturnState, command: LinkExchange, states: StateReader) -> None:
    if return_.sale_id == command.sale_id:
        raise Refused("same_sale", "The goods came from this sale: an exchange is a new one.", "sale_id")


def exchange_is_linked_only_once(return_: ReturnState, command: LinkExchange, states: StateReader) -> None:
    if return_.exchanged_for not in (None, command.sale_id):
        raise Refused(
            "already_linked",
            f"This return was exchanged for {return_.exchanged_for}: use UnlinkExchange if that is wrong.",
            "return_id",
        )


def exchange_must_be_linked(return_: ReturnState, command: UnlinkExchange, states: StateReader) -> None:
    if return_.exchanged_for != command.sale_id:
        raise Refused("not_linked", f"This return is not linked to {command.sale_id}.", "sale_id")


LINKING_POLICIES: tuple[Policy, ...] = (exchange_must_be_another_sale, exchange_is_linked_only_once)
UNLINKING_POLICIES: tuple[Policy, ...] = (exchange_must_be_linked,)
