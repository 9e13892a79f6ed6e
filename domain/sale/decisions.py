"""Decides what follows from a sale, from recognising its customer and from correcting who sold it."""

from datetime import date, datetime

from msgspec.structs import replace

from domain.commission_account.earning import allowance_clawed_back, commission_earned, commission_moved
from domain.commission_account.posting import store_day
from domain.commission_account.rates import rescaled
from domain.commission_account.warnings import its_pay_period_is_not_opened_yet
from domain.messages import Event, Refused, made_of
from domain.policies import Decisions, business_time, given_id, keeping
from domain.sale import commands, events, policies, warnings
from domain.sale.allowing import line_after_allowance
from domain.sale.crediting import Seller, credit_of, credits_of, seller_of
from domain.sale.ownership import first_owner, owner_after_correction, wishes_fulfilled, wishes_reopened
from domain.sale.parts import money_between
from domain.sale.pricing import before_order_minor, parts_of_order_discount
from domain.sale.state import LineState
from domain.state_reader import StateReader


def record_sale(command: commands.RecordSale, states: StateReader, now: datetime) -> list[Event]:
    """The sale, the customer's first owner when they have none, and what everybody credited earns."""
    sale_id = given_id(command.sale_id, "sale_id")
    if states.sale(sale_id) is not None:
        raise Refused("already_exists", f"Sale {sale_id} is recorded already.", "sale_id")
    sold_at = business_time(command, now)
    for rule in policies.RECORDING_POLICIES:
        rule(command, states, sold_at)
    sellers = {
        associate_id: seller_of(states, associate_id, sold_at, sold_at)
        for associate_id in policies.sellers_of(command)
    }
    lines = _sold_lines(command, sellers)
    sale = events.SaleRecorded(
        occurred_at=sold_at,
        sale_id=sale_id,
        customer_id=command.customer_id,
        store_id=command.store_id,
        channel=command.channel,
        currency=command.currency,
        lines=lines,
        net_minor=sum([line.net_minor for line in lines]),
        tax_minor=sum([line.tax_minor for line in lines]),
        receipt_no=command.receipt_no,
        sold_on=_other_day(states, command.store_id, sold_at),
    )
    return [
        sale,
        *first_owner(states, sale_id, command.customer_id, lines, sold_at),
        *wishes_fulfilled(states, sale_id, command.customer_id, lines, sold_at, sold_at),
        *commission_earned(sale, sellers),
        *_numbered(command, states, sale),
    ]


def _numbered(
    command: commands.RecordSale, states: StateReader, sale: events.SaleRecorded
) -> list[events.ReceiptNumbered]:
    """The note that the sale carries its receipt number; the till that gives it twice is warned."""
    numbers = command.streams_read
    for number_id in numbers:
        states.receipt_number(number_id)
    return [
        events.ReceiptNumbered(occurred_at=sale.occurred_at, number_id=number_id, sale_id=sale.sale_id)
        for number_id in numbers
    ]


def _other_day(states: StateReader, store_id: str, sold_at: datetime) -> date | None:
    """The store's day of a sale; None where it is the day in UTC."""
    day = store_day(states, store_id, sold_at)
    return None if day == sold_at.date() else day


def _sold_lines(command: commands.RecordSale, sellers: dict[str, Seller]) -> tuple[events.SoldLine, ...]:
    reached_minor = {associate_id: seller.reached_minor for associate_id, seller in sellers.items()}
    lines: list[events.SoldLine] = []
    for line, off_order_minor in zip(command.lines, parts_of_order_discount(command), strict=True):
        net_minor = before_order_minor(line) - off_order_minor
        lines.append(
            events.SoldLine(
                line_no=len(lines) + 1,
                sku=line.sku,
                description=line.description,
                label=line.label,
                department=line.department,
                size=line.size,
                quantity=line.quantity,
                unit_price_minor=line.unit_price_minor,
                discount_minor=line.discount_minor + off_order_minor,
                net_minor=net_minor,
                tax_minor=line.tax_minor,
                credits=(credits_of(line, net_minor, sellers, reached_minor) if line.kind == "goods" else ()),
                kind="zero" if line.kind == "goods" and net_minor == 0 else line.kind,
            )
        )
    return tuple(lines)


def attach_customer(command: commands.AttachCustomer, states: StateReader, now: datetime) -> list[Event]:
    """The walk-in is known now: the units they still have become theirs, and they get their first owner."""
    sale = keeping(policies.ATTACHING_POLICIES, policies.known_sale(states, command.sale_id), command, states)
    at = business_time(command, now)
    lines = tuple(_still_there(line) for line in sale.lines if line.left > 0)
    attached = made_of(
        events.CustomerAttached,
        sale,
        command,
        occurred_at=at,
        lines=lines,
        net_minor=sum(line.net_minor for line in lines),
        sold_on=_other_day(states, sale.store_id, sale.sold_at),
    )
    as_sold = tuple(line.sold for line in sale.lines)
    return [
        attached,
        *first_owner(states, sale.sale_id, command.customer_id, as_sold, at),
        *wishes_fulfilled(states, sale.sale_id, command.customer_id, lines, sale.sold_at, at),
    ]


def detach_customer(command: commands.DetachCustomer, states: StateReader, now: datetime) -> list[Event]:
    """The units they seemed to have still come off their record, with the owner that the sale had brought,
    and the wishes it had fulfilled are open again; the sale can be attached anew.
    """
    sale = keeping(policies.DETACHING_POLICIES, policies.known_sale(states, command.sale_id), command, states)
    at, customer_id = business_time(command, now), sale.customer_id or command.customer_id
    lines = tuple(_still_there(line) for line in sale.lines if line.left > 0)
    return [
        made_of(
            events.CustomerDetached,
            sale,
            occurred_at=at,
            customer_id=customer_id,
            lines=lines,
            net_minor=sum(line.net_minor for line in lines),
            sold_on=_other_day(states, sale.store_id, sale.sold_at),
        ),
        *owner_after_correction(states, sale.sale_id, customer_id, (), at),
        *wishes_reopened(states, sale.sale_id, customer_id, at),
    ]


def _still_there(line: LineState) -> events.SoldLine:
    """The units the customer still has.

    Bands belong to the whole line, so that the credits say only who and how much.
    """
    sold = line.sold
    money = money_between(sold, line.returned, sold.quantity)
    return replace(
        sold,
        quantity=line.left,
        discount_minor=line.left * sold.unit_price_minor - money.net_minor,
        net_minor=money.net_minor,
        tax_minor=money.tax_minor,
        credits=tuple(
            events.Credit(credit.associate_id, credit.share_bp, credit.plan_no) for credit in sold.credits
        ),
    )


def correct_attribution(
    command: commands.CorrectAttribution, states: StateReader, now: datetime
) -> list[Event]:
    """A compensating event: the sale records who sold the line, and every account concerned what moved."""
    sale = keeping(
        policies.CORRECTING_POLICIES, policies.known_sale(states, command.sale_id), command, states
    )
    at = business_time(command, now)
    line = policies.known_line(sale, command.line_no)
    before = line.sold.credits
    after = tuple(
        _corrected_credit(share, line.sold, sale.sold_at, states, at) for share in command.attribution
    )
    if after == before:
        return []
    corrected = made_of(
        events.AttributionCorrected, sale, command, occurred_at=at, before=before, after=after
    )
    lines = [replace(sold, credits=after) if sold is line.sold else sold for sold in sale.sold]
    return [
        corrected,
        *commission_moved(states, sale, line, after, at),
        *owner_after_correction(states, sale.sale_id, sale.customer_id, lines, at),
    ]


def _corrected_credit(
    share: commands.Share, line: events.SoldLine, sold_at: datetime, states: StateReader, at: datetime
) -> events.Credit:
    """Who was credited before keeps the frozen rates; who comes in gets those of their plan on the day of the
    sale.

    A tier is the one reached in the period the correction is posted to, not the one of the day of the sale.
    """
    for credit in line.credits:
        if credit.associate_id == share.associate_id:
            if credit.share_bp == share.share_bp:
                return credit
            bands = rescaled(credit.bands, line.net_minor * share.share_bp)
            return events.Credit(credit.associate_id, share.share_bp, credit.plan_no, bands)
    seller = seller_of(states, share.associate_id, sold_at, at)
    return credit_of(seller, share.share_bp, line.department, line.net_minor, seller.reached_minor)


def allow_price(command: commands.AllowPrice, states: StateReader, now: datetime) -> list[Event]:
    """The money is given back, and what it had earned is taken back; the goods and their units stay sold."""
    sale = keeping(policies.ALLOWING_POLICIES, policies.known_sale(states, command.sale_id), command, states)
    at = business_time(command, now)
    line = policies.known_line(sale, command.line_no)
    left = line_after_allowance(line, command.amount_minor, command.tax_minor)
    allowed = made_of(events.PriceAllowed, sale, command, occurred_at=at, line=left)
    return [allowed, *allowance_clawed_back(states, sale, line, left, at)]


DECISIONS: Decisions = {
    commands.RecordSale: record_sale,
    commands.AttachCustomer: attach_customer,
    commands.DetachCustomer: detach_customer,
    commands.CorrectAttribution: correct_attribution,
    commands.AllowPrice: allow_price,
}
WARNINGS = {
    commands.RecordSale: (
        warnings.sold_before_they_were_hired,
        its_pay_period_is_not_opened_yet,
        warnings.store_is_unknown,
        warnings.currency_is_unknown,
        warnings.receipt_number_is_used_already,
    ),
    commands.AttachCustomer: (warnings.it_is_dated_before_the_sale,),
    commands.DetachCustomer: (warnings.it_is_dated_before_the_sale, warnings.nobody_owns_them),
    commands.CorrectAttribution: (
        warnings.it_is_dated_before_the_sale,
        warnings.they_were_hired_after_the_sale,
        its_pay_period_is_not_opened_yet,
        warnings.nobody_owns_them,
    ),
    commands.AllowPrice: (warnings.it_is_dated_before_the_sale, its_pay_period_is_not_opened_yet),
}
