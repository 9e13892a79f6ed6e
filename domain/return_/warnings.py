"""Warnings about a return: the goods are taken back, and the shop sorts it out later; each name is what is
odd.
"""

from collections.abc import Sequence

from domain.currencies import unknown_currency_warnings
from domain.messages import CommandWarning, Event, Warnings
from domain.return_.accepting import sale_on_receipt, taken_lines, wanted
from domain.return_.commands import AcceptReturn
from domain.return_.finding_units import named_line
from domain.state_reader import StateReader
from domain.store.knowing import unknown_store_warnings


def somebody_is_unknown(command: AcceptReturn, states: StateReader, events: Sequence[Event]) -> Warnings:
    customer_id, clerk = command.customer_id, command.accepted_by
    if customer_id is not None and states.customer(customer_id) is None:
        yield CommandWarning(
            "customer_unknown",
            f"There is no customer {customer_id}: the return names nobody who brought the goods.",
            "customer_id",
        )
    if clerk is not None and states.associate(clerk) is None:
        yield CommandWarning(
            "associate_unknown",
            f"There is no associate {clerk}: the return names nobody who took the goods in.",
            "accepted_by",
        )


def receipt_is_unknown(command: AcceptReturn, states: StateReader, events: Sequence[Event]) -> Warnings:
    if command.sale_id is not None and sale_on_receipt(command, states) is None:
        yield CommandWarning(
            "sale_unknown",
            f"There is no sale {command.sale_id}: the goods are taken back as without a receipt. "
            "Match the return once the sale is recorded.",
            "sale_id",
        )


def goods_are_not_on_the_receipt(
    command: AcceptReturn, states: StateReader, events: Sequence[Event]
) -> Warnings:
    sale = sale_on_receipt(command, states)
    for index, each in enumerate(taken_lines(command, sale)):
        asked = wanted(each.line, index)
        if sale is None:
            if each.line.line_no is not None:
                yield CommandWarning(
                    "no_receipt",
                    "A line number is one of a receipt: without one it says nothing.",
                    asked.line_field,
                )
        elif not each.units:
            yield CommandWarning(
                "not_on_receipt",
                f"Line {index + 1} is not on this receipt: it is taken back as without one, and nobody's "
                "commission changes for it. Match the return once its sale is found.",
                asked.line_field,
            )
        elif asked.line_no is not None and named_line(sale, asked) is None:
            yield CommandWarning(
                "sku_differs",
                f"Line {asked.line_no} of the receipt is not {asked.sku}: the goods are taken for what their "
                "SKU says.",
                asked.line_field,
            )


def refund_is_not_what_was_paid(
    command: AcceptReturn, states: StateReader, events: Sequence[Event]
) -> Warnings:
    for index, each in enumerate(taken_lines(command, sale_on_receipt(command, states))):
        field = f"lines[{index}].refund_minor"
        if not each.units and each.line.refund_minor is None:
            yield CommandWarning(
                "refund_missing",
                f"It is not said what is refunded for line {index + 1}, which is on no receipt: nothing is.",
                field,
            )
        elif each.units and each.refund_minor != each.sold_minor:
            more = each.refund_minor > each.sold_minor
            yield CommandWarning(
                "refund_differs",
                f"{each.sold_minor} was paid for these units, {each.refund_minor} is refunded: "
                "the difference " + ("is the house's goodwill." if more else "stays open."),
                field,
            )


def it_came_back_before_it_was_sold(
    command: AcceptReturn, states: StateReader, events: Sequence[Event]
) -> Warnings:
    sale = sale_on_receipt(command, states)
    if sale is not None and command.occurred_at is not None and command.occurred_at < sale.sold_at:
        yield CommandWarning(
            "before_the_sale",
            f"The goods were sold at {sale.sold_at.isoformat()}, after this return: it is recorded for that "
            "moment. One of the two times is wrong.",
            "occurred_at",
        )


def store_is_unknown(command: AcceptReturn, states: StateReader, events: Sequence[Event]) -> Warnings:
    """Where the clerk and the sellers on the receipt work is known."""
    sale = sale_on_receipt(command, states)
    sellers = (
        [credit.associate_id for line in sale.sold for credit in line.credits] if sale is not None else []
    )
    clerk = [command.accepted_by] if command.accepted_by is not None else []
    yield from unknown_store_warnings(states, command.store_id, (*clerk, *sellers))


def currency_is_unknown(command: AcceptReturn, states: StateReader, events: Sequence[Event]) -> Warnings:
    """That of a receipt was warned of when it was sold."""
    if sale_on_receipt(command, states) is None:
        yield from unknown_currency_warnings(command.currency, "currency")


ACCEPTING_WARNINGS = (
    somebody_is_unknown,
    receipt_is_unknown,
    goods_are_not_on_the_receipt,
    refund_is_not_what_was_paid,
    it_came_back_before_it_was_sold,
    store_is_unknown,
    currency_is_unknown,
)
