"""One example of every command of the money rooms, with fixed values; a test changes only what it is about.

Anna, Ben and Carl sell on a plan of 6.75 % with $8.00 an hour guaranteed, Clara likes shoes, and it is March
2024.
"""

from datetime import UTC, date, datetime
from typing import Any

from msgspec.structs import replace

from domain.associate.commands import (
    AssociateLeaves,
    CancelLeaving,
    ChangePayPlan,
    HireAssociate,
    LeaveAsAnnounced,
    PayPlan,
    RehireAssociate,
    TransferAssociate,
)
from domain.commission_account.commands import IssueStatement, RecordHours
from domain.pay_period.commands import ClosePayPeriod, OpenPayPeriod, ReopenPayPeriod
from domain.return_.commands import (
    AcceptReturn,
    LineToReturn,
    LinkExchange,
    MatchReturn,
    UnlinkExchange,
    UnmatchReturn,
)
from domain.sale.commands import (
    AllowPrice,
    AttachCustomer,
    CorrectAttribution,
    DetachCustomer,
    LineToSell,
    RecordSale,
    Share,
)

ANNA = "ass_" + "a" * 32
BEN = "ass_" + "b" * 32
CARL = "ass_" + "c" * 32
CLARA = "cus_" + "1" * 32
DORA = "cus_" + "2" * 32
SALE = "sal_" + "1" * 32
OTHER_SALE = "sal_" + "2" * 32
RETURN = "ret_" + "1" * 32
OTHER_RETURN = "ret_" + "2" * 32

STORE = "downtown"
SHOES = "6001"

HIRED_AT = datetime(2024, 1, 2, 9, 0, tzinfo=UTC)
OPENED_AT = datetime(2024, 2, 28, 8, 0, tzinfo=UTC)
SOLD_AT = datetime(2024, 3, 5, 15, 30, tzinfo=UTC)
RETURNED_AT = datetime(2024, 3, 9, 11, 0, tzinfo=UTC)
#: The last day that Anna's leaving names, when it begins.
LEFT_AT = datetime(2024, 3, 31, 0, 0, tzinfo=UTC)
CLOSED_AT = datetime(2024, 4, 1, 7, 0, tzinfo=UTC)


def pay_plan(**changes: Any) -> PayPlan:
    """6.75 % on everything, $8.00 an hour guaranteed, a deficit is carried."""
    return replace(PayPlan(currency="USD", base_rate_minor=800, rate_bp=675), **changes)


def hire_associate(**changes: Any) -> HireAssociate:
    command = HireAssociate(
        occurred_at=HIRED_AT, associate_id=ANNA, store_id=STORE, department="shoes", plan=pay_plan()
    )
    return replace(command, **changes)


def change_pay_plan(**changes: Any) -> ChangePayPlan:
    command = ChangePayPlan(
        occurred_at=OPENED_AT,
        associate_id=ANNA,
        plan=pay_plan(rate_bp=700),
        effective_on=date(2024, 3, 16),
    )
    return replace(command, **changes)


def transfer_associate(**changes: Any) -> TransferAssociate:
    command = TransferAssociate(occurred_at=SOLD_AT, associate_id=ANNA, store_id="uptown", department="gifts")
    return replace(command, **changes)


def associate_leaves(**changes: Any) -> AssociateLeaves:
    command = AssociateLeaves(
        occurred_at=LEFT_AT, associate_id=ANNA, left_on=date(2024, 3, 31), successors=(BEN,)
    )
    return replace(command, **changes)


def leave_as_announced(**changes: Any) -> LeaveAsAnnounced:
    command = LeaveAsAnnounced(occurred_at=LEFT_AT, associate_id=ANNA, left_on=date(2024, 3, 31))
    return replace(command, **changes)


def cancel_leaving(**changes: Any) -> CancelLeaving:
    return replace(CancelLeaving(occurred_at=RETURNED_AT, associate_id=ANNA), **changes)


def rehire_associate(**changes: Any) -> RehireAssociate:
    command = RehireAssociate(occurred_at=CLOSED_AT, associate_id=ANNA, rehired_on=date(2024, 4, 10))
    return replace(command, **changes)


def open_pay_period(**changes: Any) -> OpenPayPeriod:
    command = OpenPayPeriod(
        occurred_at=OPENED_AT, period_id="2024-03", starts_on=date(2024, 3, 1), ends_on=date(2024, 3, 31)
    )
    return replace(command, **changes)


def close_pay_period(**changes: Any) -> ClosePayPeriod:
    return replace(ClosePayPeriod(occurred_at=CLOSED_AT, period_id="2024-03"), **changes)


def reopen_pay_period(**changes: Any) -> ReopenPayPeriod:
    return replace(ReopenPayPeriod(occurred_at=CLOSED_AT, period_id="2024-03"), **changes)


def record_hours(**changes: Any) -> RecordHours:
    """A day of eight hours, seven of them selling."""
    command = RecordHours(
        occurred_at=SOLD_AT,
        associate_id=ANNA,
        worked_on=date(2024, 3, 5),
        selling_minutes=420,
        non_selling_minutes=60,
    )
    return replace(command, **changes)


def issue_statement(**changes: Any) -> IssueStatement:
    return replace(IssueStatement(occurred_at=CLOSED_AT, associate_id=ANNA, period_id="2024-03"), **changes)


def line_to_sell(**changes: Any) -> LineToSell:
    """One pair of shoes for $100.00, sold by Anna."""
    line = LineToSell(
        sku=SHOES,
        description="Oxford, brown",
        label="Alden",
        department="shoes",
        size="9",
        quantity=1,
        unit_price_minor=10_000,
        attribution=(Share(ANNA),),
    )
    return replace(line, **changes)


def record_sale(*lines: LineToSell, **changes: Any) -> RecordSale:
    """The lines given, or one pair of shoes, to nobody in particular."""
    command = RecordSale(
        occurred_at=SOLD_AT, sale_id=SALE, store_id=STORE, currency="USD", lines=lines or (line_to_sell(),)
    )
    return replace(command, **changes)


def attach_customer(**changes: Any) -> AttachCustomer:
    return replace(AttachCustomer(occurred_at=RETURNED_AT, sale_id=SALE, customer_id=CLARA), **changes)


def detach_customer(**changes: Any) -> DetachCustomer:
    return replace(DetachCustomer(occurred_at=RETURNED_AT, sale_id=SALE, customer_id=CLARA), **changes)


def correct_attribution(**changes: Any) -> CorrectAttribution:
    """It was Ben."""
    command = CorrectAttribution(
        occurred_at=RETURNED_AT, sale_id=SALE, line_no=1, attribution=(Share(BEN),), reason="wrong name keyed"
    )
    return replace(command, **changes)


def allow_price(**changes: Any) -> AllowPrice:
    """$40.00 back on the shoes."""
    command = AllowPrice(occurred_at=RETURNED_AT, sale_id=SALE, line_no=1, amount_minor=4_000)
    return replace(command, **changes)


def line_to_return(**changes: Any) -> LineToReturn:
    return replace(LineToReturn(line_no=1), **changes)


def accept_return(*lines: LineToReturn, **changes: Any) -> AcceptReturn:
    """The lines given, or one unit of line 1, with the receipt."""
    command = AcceptReturn(
        occurred_at=RETURNED_AT,
        return_id=RETURN,
        sale_id=SALE,
        store_id=STORE,
        lines=lines or (line_to_return(),),
    )
    return replace(command, **changes)


def accept_return_without_receipt(**changes: Any) -> AcceptReturn:
    """A pair of shoes for $79.50, nobody knows when they were sold."""
    command = AcceptReturn(
        occurred_at=RETURNED_AT,
        return_id=RETURN,
        store_id=STORE,
        currency="USD",
        lines=(LineToReturn(sku=SHOES, refund_minor=7_950),),
    )
    return replace(command, **changes)


def match_return(**changes: Any) -> MatchReturn:
    return replace(MatchReturn(occurred_at=CLOSED_AT, return_id=RETURN, sale_id=SALE), **changes)


def unmatch_return(**changes: Any) -> UnmatchReturn:
    return replace(UnmatchReturn(occurred_at=CLOSED_AT, return_id=RETURN, sale_id=SALE), **changes)


def link_exchange(**changes: Any) -> LinkExchange:
    return replace(LinkExchange(occurred_at=CLOSED_AT, return_id=RETURN, sale_id=OTHER_SALE), **changes)


def unlink_exchange(**changes: Any) -> UnlinkExchange:
    return replace(UnlinkExchange(occurred_at=CLOSED_AT, return_id=RETURN, sale_id=OTHER_SALE), **changes)
