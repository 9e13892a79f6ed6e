"""Policies of a sale; each name is the rule."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from domain.associate.policies import known_associate
from domain.commission_account.posting import day_at
from domain.customer.policies import known_customer, records_of_person
from domain.messages import NotFound, Refused
from domain.money import WHOLE_BP
from domain.sale.commands import (
    AllowPrice,
    AttachCustomer,
    CorrectAttribution,
    DetachCustomer,
    RecordSale,
    Share,
)
from domain.sale.parts import money_between
from domain.sale.pricing import before_order_minor, gross_minor
from domain.sale.state import LineState, SaleState
from domain.state_reader import StateReader

#: A policy about a sale to be recorded at a moment; it raises Refused, or returns.
RecordingPolicy = Callable[[RecordSale, StateReader, datetime], None]

#: More than this on one receipt is a slip of the finger, and would not fit into the columns of a ledger.
AMOUNT_MINOR_MAX: Final = 10**14


def known_sale(states: StateReader, sale_id: str) -> SaleState:
    """A sale that has been recorded, or NotFound."""
    sale = states.sale(sale_id)
    if sale is None:
        raise NotFound("sale_unknown", f"There is no sale {sale_id}.", "sale_id")
    return sale


def known_line(sale: SaleState, line_no: int, field: str = "line_no") -> LineState:
    """A line of the receipt, or NotFound."""
    line = sale.line(line_no)
    if line is None:
        raise NotFound(
            "line_unknown", f"The receipt has {len(sale.lines)} lines, and no line {line_no}.", field
        )
    return line


# --- the receipt --------------------------------------------------------------------------------------------


def customer_must_be_known(command: RecordSale | AttachCustomer, states: StateReader) -> None:
    """A merged record still takes sales; a forgotten one takes none."""
    if command.customer_id is not None and known_customer(states, command.customer_id).forgotten:
        raise Refused(
            "customer_forgotten",
            f"Customer {command.customer_id} has been forgotten: this is a sale to nobody known.",
            "customer_id",
        )


def buyer_must_be_known(command: RecordSale, states: StateReader, sold_at: datetime) -> None:
    customer_must_be_known(command, states)


def discount_must_not_exceed_the_price(command: RecordSale, states: StateReader, sold_at: datetime) -> None:
    for index, line in enumerate(command.lines):
        if line.discount_minor and line.discount_minor > gross_minor(line):
            raise Refused(
                "discount_exceeds_price",
                f"Line {index + 1} comes to {gross_minor(line)}: {line.discount_minor} cannot be taken off.",
                f"lines[{index}].discount_minor",
            )


def order_discount_must_not_exceed_the_order(
    command: RecordSale, states: StateReader, sold_at: datetime
) -> None:
    if command.order_discount_minor == 0:
        return
    order_minor = sum(map(before_order_minor, command.lines))
    if command.order_discount_minor > order_minor:
        raise Refused(
            "discount_exceeds_price",
            f"The order comes to {order_minor}: {command.order_discount_minor} cannot be taken off.",
            "order_discount_minor",
        )


def amounts_must_be_countable(command: RecordSale, states: StateReader, sold_at: datetime) -> None:
    net_minor = sum(map(before_order_minor, command.lines)) - command.order_discount_minor
    tax_minor = sum([line.tax_minor for line in command.lines])
    if max(net_minor, tax_minor) > AMOUNT_MINOR_MAX:
        raise Refused("amount_too_large", f"A receipt cannot come to more than {AMOUNT_MINOR_MAX}.", "lines")


# --- who sold it --------------------------------------------------------------------------------------------


def split_must_add_up(attribution: tuple[Share, ...], field: str) -> None:
    total_bp = sum(share.share_bp for share in attribution)
    if attribution and total_bp != WHOLE_BP:
        raise Refused(
            "split_does_not_add_up", f"The shares add to {total_bp}, not to {WHOLE_BP} basis points.", field
        )


def nobody_is_named_twice(attribution: tuple[Share, ...], field: str) -> None:
    named: set[str] = set()
    for index, share in enumerate(attribution):
        if share.associate_id in named:
            raise Refused(
                "named_twice",
                f"{share.associate_id} is named twice: give one share.",
                f"{field}[{index}].associate_id",
            )
        named.add(share.associate_id)


def seller_must_be_able_to_earn_it(
    states: StateReader, associate_id: str, sold_at: datetime, currency: str, field: str
) -> None:
    """Hired, not gone before the day of the sale, and paid in its currency."""
    associate = known_associate(states, associate_id, field)
    day = day_at(states, associate.store_id, sold_at)
    left_on = associate.last_day_before(day)
    if left_on is not None:
        raise Refused(
            "associate_has_left",
            f"{associate_id} left on {left_on}, and cannot have sold this on {day}.",
            field,
        )
    if associate.currency != currency:
        raise Refused(
            "currency_differs",
            f"{associate_id} is paid in {associate.currency} and cannot earn {currency}.",
            field,
        )


def splits_of(command: RecordSale) -> dict[tuple[Share, ...], int]:
    """Each split that is named on the receipt, and the place of the first line that names it."""
    splits: dict[tuple[Share, ...], int] = {}
    before: tuple[Share, ...] | None = None
    for index, line in enumerate(command.lines):
        # Most receipts name one split, line for line: to compare takes less time than to look it up.
        if line.attribution != before:
            before = line.attribution
            splits.setdefault(before, index)
    return splits


def sellers_of(command: RecordSale) -> dict[str, str]:
    """Each associate on the receipt, and the path of where they are named first."""
    first_named: dict[str, str] = {}
    for split, index in splits_of(command).items():
        for place, share in enumerate(split):
            if share.associate_id not in first_named:
                first_named[share.associate_id] = f"lines[{index}].attribution[{place}].associate_id"
    return first_named


def every_split_must_hold(command: RecordSale, states: StateReader, sold_at: datetime) -> None:
    for split, index in splits_of(command).items():
        field = f"lines[{index}].attribution"
        split_must_add_up(split, field)
        nobody_is_named_twice(split, field)


def every_seller_must_be_able_to_earn_it(command: RecordSale, states: StateReader, sold_at: datetime) -> None:
    for associate_id, field in sellers_of(command).items():
        seller_must_be_able_to_earn_it(states, associate_id, sold_at, command.currency, field)


RECORDING_POLICIES: tuple[RecordingPolicy, ...] = (
    buyer_must_be_known,
    discount_must_not_exceed_the_price,
    order_discount_must_not_exceed_the_order,
    amounts_must_be_countable,
    every_split_must_hold,
    every_seller_must_be_able_to_earn_it,
)


# --- afterwards ---------------------------------------------------------------------------------------------


def sale_must_be_a_walk_ins(sale: SaleState, command: AttachCustomer, states: StateReader) -> None:
    if sale.customer_id is not None:
        raise Refused("customer_attached_already", f"This sale belongs to {sale.customer_id}.", "sale_id")


def sale_must_be_theirs(sale: SaleState, command: DetachCustomer, states: StateReader) -> None:
    """Also where the sale stands in another record of theirs."""
    records = () if sale.customer_id is None else records_of_person(states, sale.customer_id)
    if all(record.customer_id != command.customer_id for record in records):
        raise Refused("not_their_sale", f"This sale is not {command.customer_id}'s.", "customer_id")


def recognised_customer_must_be_known(sale: SaleState, command: AttachCustomer, states: StateReader) -> None:
    customer_must_be_known(command, states)


def corrected_line_must_earn(sale: SaleState, command: CorrectAttribution, states: StateReader) -> None:
    if known_line(sale, command.line_no).sold.kind == "gift_card":
        raise Refused(
            "earns_nothing", f"Line {command.line_no} is a gift card: it is nobody's sale.", "line_no"
        )


def corrected_attribution_must_hold(
    sale: SaleState, command: CorrectAttribution, states: StateReader
) -> None:
    """Somebody who left before the day of the sale cannot have sold it; somebody who left since can."""
    split_must_add_up(command.attribution, "attribution")
    nobody_is_named_twice(command.attribution, "attribution")
    for place, share in enumerate(command.attribution):
        field = f"attribution[{place}].associate_id"
        seller_must_be_able_to_earn_it(states, share.associate_id, sale.sold_at, sale.currency, field)


DETACHING_POLICIES = (sale_must_be_theirs,)


def allowance_must_not_exceed_what_was_paid(
    sale: SaleState, command: AllowPrice, states: StateReader
) -> None:
    """What was paid for the units that the customer still has, and has not got back before."""
    line = known_line(sale, command.line_no)
    money = money_between(line.sold, line.returned, line.sold.quantity)
    for amount_minor, paid_minor, field in (
        (command.amount_minor, money.net_minor, "amount_minor"),
        (command.tax_minor, money.tax_minor, "tax_minor"),
    ):
        if amount_minor > paid_minor:
            raise Refused(
                "allowance_exceeds_price",
                f"The customer has paid {paid_minor} for what they have of line {command.line_no}: "
                f"{amount_minor} cannot be allowed. Take the goods back instead.",
                field,
            )


ATTACHING_POLICIES = (sale_must_be_a_walk_ins, recognised_customer_must_be_known)
CORRECTING_POLICIES = (corrected_line_must_earn, corrected_attribution_must_hold)
ALLOWING_POLICIES = (allowance_must_not_exceed_what_was_paid,)
