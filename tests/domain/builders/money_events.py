"""One example of every event of the money rooms, with fixed values: what follows from the commands in
builders.
"""

from datetime import date
from typing import Any

from msgspec.structs import replace

from domain.associate.events import (
    AssociateHired,
    AssociateLeft,
    AssociateRehired,
    AssociateTransferred,
    LeavingAnnounced,
    LeavingCancelled,
    PayPlanChanged,
    frozen,
)
from domain.commission_account.events import (
    AllowanceClawedBack,
    ClawedBackLine,
    CommissionClawedBack,
    CommissionEarned,
    CommissionMoved,
    CommissionRestored,
    CommissionToppedUp,
    DeficitCarried,
    DeficitForgiven,
    DeficitRecouped,
    DeficitThreatening,
    DeficitWrittenOff,
    EarnedLine,
    HoursRecorded,
    LateHoursRecorded,
    LateToppedUp,
    PeriodRecomputed,
    StatementIssued,
)
from domain.ids import receipt_number_id_of
from domain.pay_period.events import PayPeriodClosed, PayPeriodOpened, PayPeriodReopened, StatementsBegun
from domain.return_.events import (
    ExchangeLinked,
    ExchangeUnlinked,
    MatchedLine,
    RefundPart,
    ReturnAccepted,
    ReturnedLine,
    ReturnMatched,
    ReturnUnmatched,
    SpendRestored,
    SpendTakenOff,
)
from domain.sale.events import (
    AttributionCorrected,
    Band,
    Credit,
    CustomerAttached,
    CustomerDetached,
    PriceAllowed,
    ReceiptNumbered,
    SaleRecorded,
    SoldLine,
    UnitsRestored,
    UnitsReturned,
    UnitsTakenBack,
)
from tests.domain.builders.money_commands import (
    ANNA,
    BEN,
    CLARA,
    CLOSED_AT,
    DORA,
    HIRED_AT,
    LEFT_AT,
    OPENED_AT,
    OTHER_SALE,
    RETURN,
    RETURNED_AT,
    SALE,
    SHOES,
    SOLD_AT,
    STORE,
    pay_plan,
)


def associate_hired(**changes: Any) -> AssociateHired:
    event = AssociateHired(
        occurred_at=HIRED_AT,
        associate_id=ANNA,
        store_id=STORE,
        department="shoes",
        plan=frozen(pay_plan()),
        hired_on=date(2024, 1, 2),
    )
    event = replace(event, **changes)
    return replace(event, plan=frozen(event.plan))


def pay_plan_changed(**changes: Any) -> PayPlanChanged:
    event = PayPlanChanged(
        occurred_at=OPENED_AT,
        associate_id=ANNA,
        plan_no=1,
        plan=frozen(pay_plan(rate_bp=700)),
        effective_on=date(2024, 3, 16),
    )
    event = replace(event, **changes)
    return replace(event, plan=frozen(event.plan))


def associate_transferred(**changes: Any) -> AssociateTransferred:
    event = AssociateTransferred(
        occurred_at=SOLD_AT, associate_id=ANNA, store_id="uptown", department="gifts"
    )
    return replace(event, **changes)


def leaving_announced(**changes: Any) -> LeavingAnnounced:
    event = LeavingAnnounced(
        occurred_at=RETURNED_AT,
        associate_id=ANNA,
        left_on=date(2024, 3, 31),
        successors=(BEN,),
        begins_at=LEFT_AT,
    )
    return replace(event, **changes)


def leaving_cancelled(**changes: Any) -> LeavingCancelled:
    event = LeavingCancelled(occurred_at=RETURNED_AT, associate_id=ANNA, left_on=date(2024, 3, 31))
    return replace(event, **changes)


def associate_rehired(**changes: Any) -> AssociateRehired:
    event = AssociateRehired(
        occurred_at=CLOSED_AT,
        associate_id=ANNA,
        rehired_on=date(2024, 4, 10),
        store_id=STORE,
        department="shoes",
    )
    return replace(event, **changes)


def associate_left(**changes: Any) -> AssociateLeft:
    event = AssociateLeft(
        occurred_at=LEFT_AT, associate_id=ANNA, left_on=date(2024, 3, 31), successors=(BEN,)
    )
    return replace(event, **changes)


def pay_period_opened(**changes: Any) -> PayPeriodOpened:
    event = PayPeriodOpened(
        occurred_at=OPENED_AT,
        scope="company",
        period_id="2024-03",
        starts_on=date(2024, 3, 1),
        ends_on=date(2024, 3, 31),
    )
    return replace(event, **changes)


def pay_period_closed(**changes: Any) -> PayPeriodClosed:
    event = PayPeriodClosed(
        occurred_at=CLOSED_AT,
        scope="company",
        period_id="2024-03",
        starts_on=date(2024, 3, 1),
        ends_on=date(2024, 3, 31),
        reopenable=True,
    )
    return replace(event, **changes)


def pay_period_reopened(**changes: Any) -> PayPeriodReopened:
    event = PayPeriodReopened(occurred_at=CLOSED_AT, scope="company", period_id="2024-03")
    return replace(event, **changes)


def statements_begun(**changes: Any) -> StatementsBegun:
    event = StatementsBegun(occurred_at=CLOSED_AT, scope="company", period_id="2024-03")
    return replace(event, **changes)


def late_hours_recorded(**changes: Any) -> LateHoursRecorded:
    event = LateHoursRecorded(
        occurred_at=CLOSED_AT,
        associate_id=ANNA,
        currency="USD",
        worked_on=date(2024, 3, 5),
        selling_minutes=420,
        non_selling_minutes=60,
        base_rate_minor=800,
        period_id="2024-03",
    )
    return replace(event, **changes)


def late_topped_up(**changes: Any) -> LateToppedUp:
    """What eight hours of March are worth, paid with April."""
    event = LateToppedUp(
        occurred_at=CLOSED_AT,
        associate_id=ANNA,
        currency="USD",
        for_period_id="2024-03",
        period_id="2024-04",
        amount_minor=6_400,
    )
    return replace(event, **changes)


def period_recomputed(**changes: Any) -> PeriodRecomputed:
    """Ten hours of March at $10.00 instead of $8.00, and 3.25 more of commission."""
    event = PeriodRecomputed(
        occurred_at=CLOSED_AT,
        associate_id=ANNA,
        currency="USD",
        period_id="2024-03",
        plan_no=1,
        net_minor=325,
        rate_minutes=120_000,
        base_rate_minor=1_000,
        days=(date(2024, 3, 5),),
    )
    return replace(event, **changes)


def allowance_clawed_back(**changes: Any) -> AllowanceClawedBack:
    event = AllowanceClawedBack(
        occurred_at=RETURNED_AT,
        associate_id=ANNA,
        currency="USD",
        sale_id=SALE,
        line_no=1,
        period_id="2024-03",
        sales_minor=4_000,
        amount_minor=270,
    )
    return replace(event, **changes)


def deficit_threatening(**changes: Any) -> DeficitThreatening:
    event = DeficitThreatening(
        occurred_at=RETURNED_AT,
        associate_id=ANNA,
        currency="USD",
        store_id=STORE,
        period_id="2024-03",
        net_minor=-675,
        guarantee_minor=6_400,
        threshold_minor=3_200,
        sale_id=SALE,
        return_id=RETURN,
    )
    return replace(event, **changes)


def hours_recorded(**changes: Any) -> HoursRecorded:
    event = HoursRecorded(
        occurred_at=SOLD_AT,
        associate_id=ANNA,
        currency="USD",
        worked_on=date(2024, 3, 5),
        selling_minutes=420,
        non_selling_minutes=60,
        base_rate_minor=800,
        period_id="2024-03",
    )
    return replace(event, **changes)


def sold_line(**changes: Any) -> SoldLine:
    """One pair of shoes for $100.00, credited to Anna at 6.75 %."""
    line = SoldLine(
        line_no=1,
        sku=SHOES,
        description="Oxford, brown",
        label="Alden",
        department="shoes",
        size="9",
        quantity=1,
        unit_price_minor=10_000,
        net_minor=10_000,
        credits=(Credit(ANNA, 10_000, 0, (Band(100_000_000, 675),)),),
    )
    return replace(line, **changes)


def sale_recorded(*lines: SoldLine, **changes: Any) -> SaleRecorded:
    """The lines given, or one pair of shoes; totals follow from the lines."""
    lines = lines or (sold_line(),)
    event = SaleRecorded(
        occurred_at=SOLD_AT,
        sale_id=SALE,
        store_id=STORE,
        currency="USD",
        lines=lines,
        net_minor=sum(line.net_minor for line in lines),
        tax_minor=sum(line.tax_minor for line in lines),
    )
    return replace(event, **changes)


def customer_attached(**changes: Any) -> CustomerAttached:
    event = CustomerAttached(
        occurred_at=RETURNED_AT,
        sale_id=SALE,
        customer_id=CLARA,
        store_id=STORE,
        currency="USD",
        sold_at=SOLD_AT,
        lines=(sold_line(credits=(Credit(ANNA, 10_000),)),),
        net_minor=10_000,
    )
    return replace(event, **changes)


def customer_detached(**changes: Any) -> CustomerDetached:
    event = CustomerDetached(
        occurred_at=RETURNED_AT,
        sale_id=SALE,
        customer_id=CLARA,
        currency="USD",
        sold_at=SOLD_AT,
        lines=(sold_line(credits=(Credit(ANNA, 10_000),)),),
        net_minor=10_000,
    )
    return replace(event, **changes)


def attribution_corrected(**changes: Any) -> AttributionCorrected:
    event = AttributionCorrected(
        occurred_at=RETURNED_AT,
        sale_id=SALE,
        line_no=1,
        before=(Credit(ANNA, 10_000, 0, (Band(100_000_000, 675),)),),
        after=(Credit(BEN, 10_000, 0, (Band(100_000_000, 675),)),),
        reason="wrong name keyed",
    )
    return replace(event, **changes)


def price_allowed(**changes: Any) -> PriceAllowed:
    event = PriceAllowed(
        occurred_at=RETURNED_AT,
        sale_id=SALE,
        currency="USD",
        sold_at=SOLD_AT,
        line_no=1,
        amount_minor=4_000,
        line=sold_line(
            discount_minor=4_000,
            net_minor=6_000,
            credits=(Credit(ANNA, 10_000, 0, (Band(60_000_000, 675),)),),
        ),
    )
    return replace(event, **changes)


def units_returned(**changes: Any) -> UnitsReturned:
    event = UnitsReturned(
        occurred_at=RETURNED_AT, sale_id=SALE, return_id=RETURN, lines=(UnitsTakenBack(1, 1, 10_000),)
    )
    return replace(event, **changes)


def receipt_numbered(**changes: Any) -> ReceiptNumbered:
    event = ReceiptNumbered(occurred_at=SOLD_AT, number_id=receipt_number_id_of(STORE, "R-7"), sale_id=SALE)
    return replace(event, **changes)


def units_restored(**changes: Any) -> UnitsRestored:
    event = UnitsRestored(
        occurred_at=CLOSED_AT, sale_id=SALE, return_id=RETURN, lines=(UnitsTakenBack(1, 1, 5_990),)
    )
    return replace(event, **changes)


def return_accepted(**changes: Any) -> ReturnAccepted:
    event = ReturnAccepted(
        occurred_at=RETURNED_AT,
        return_id=RETURN,
        sale_id=SALE,
        sold_at=SOLD_AT,
        channel="store",
        store_id=STORE,
        currency="USD",
        lines=(
            ReturnedLine(
                line_no=1,
                sku=SHOES,
                description="Oxford, brown",
                label="Alden",
                department="shoes",
                quantity=1,
                refund_minor=10_000,
            ),
        ),
        refund_minor=10_000,
    )
    return replace(event, **changes)


def return_accepted_without_receipt(**changes: Any) -> ReturnAccepted:
    event = ReturnAccepted(
        occurred_at=RETURNED_AT,
        return_id=RETURN,
        store_id=STORE,
        currency="USD",
        lines=(ReturnedLine(sku=SHOES, quantity=1, refund_minor=7_950),),
        refund_minor=7_950,
    )
    return replace(event, **changes)


def return_matched(**changes: Any) -> ReturnMatched:
    event = ReturnMatched(
        occurred_at=CLOSED_AT,
        return_id=RETURN,
        sale_id=SALE,
        sold_at=SOLD_AT,
        channel="store",
        currency="USD",
        lines=(
            MatchedLine(
                line_no=1,
                sku=SHOES,
                label="Alden",
                department="shoes",
                quantity=1,
                refund_minor=7_950,
                sold_minor=5_990,
                return_line=1,
            ),
        ),
        refund_minor=7_950,
        sold_minor=5_990,
        goodwill_minor=1_960,
        refunds=(RefundPart(7_950),),
    )
    return replace(event, **changes)


def return_unmatched(**changes: Any) -> ReturnUnmatched:
    event = ReturnUnmatched(
        occurred_at=CLOSED_AT,
        return_id=RETURN,
        sale_id=SALE,
        currency="USD",
        lines=return_matched().lines,
        refund_minor=7_950,
        sold_minor=5_990,
        goodwill_minor=1_960,
    )
    return replace(event, **changes)


def spend_taken_off(**changes: Any) -> SpendTakenOff:
    event = SpendTakenOff(
        occurred_at=CLOSED_AT,
        return_id=RETURN,
        customer_id=DORA,
        currency="USD",
        refund_minor=7_950,
        refunds=(RefundPart(7_950),),
    )
    return replace(event, **changes)


def spend_restored(**changes: Any) -> SpendRestored:
    event = SpendRestored(
        occurred_at=CLOSED_AT,
        return_id=RETURN,
        customer_id=DORA,
        currency="USD",
        refund_minor=7_950,
        refunds=(RefundPart(7_950),),
    )
    return replace(event, **changes)


def exchange_linked(**changes: Any) -> ExchangeLinked:
    return replace(ExchangeLinked(occurred_at=CLOSED_AT, return_id=RETURN, sale_id=OTHER_SALE), **changes)


def exchange_unlinked(**changes: Any) -> ExchangeUnlinked:
    return replace(ExchangeUnlinked(occurred_at=CLOSED_AT, return_id=RETURN, sale_id=OTHER_SALE), **changes)


def commission_earned(**changes: Any) -> CommissionEarned:
    event = CommissionEarned(
        occurred_at=SOLD_AT,
        associate_id=ANNA,
        currency="USD",
        sale_id=SALE,
        period_id="2024-03",
        sales_minor=10_000,
        lines=(EarnedLine(1, (Band(100_000_000, 675),), 675),),
        amount_minor=675,
    )
    return replace(event, **changes)


def commission_clawed_back(**changes: Any) -> CommissionClawedBack:
    event = CommissionClawedBack(
        occurred_at=RETURNED_AT,
        associate_id=ANNA,
        currency="USD",
        return_id=RETURN,
        sale_id=SALE,
        period_id="2024-03",
        sales_minor=10_000,
        lines=(ClawedBackLine(1, 1, 10_000, 675),),
        amount_minor=675,
    )
    return replace(event, **changes)


def commission_restored(**changes: Any) -> CommissionRestored:
    event = CommissionRestored(
        occurred_at=CLOSED_AT,
        associate_id=ANNA,
        currency="USD",
        return_id=RETURN,
        sale_id=SALE,
        period_id="2024-03",
        sales_minor=5_990,
        lines=(ClawedBackLine(1, 1, 5_990, 404),),
        amount_minor=404,
    )
    return replace(event, **changes)


def commission_moved(**changes: Any) -> CommissionMoved:
    event = CommissionMoved(
        occurred_at=RETURNED_AT,
        associate_id=ANNA,
        currency="USD",
        sale_id=SALE,
        line_no=1,
        period_id="2024-03",
        sales_minor=-10_000,
        amount_minor=-675,
        counterparties=(BEN,),
    )
    return replace(event, **changes)


_SETTLED: dict[str, Any] = {
    "occurred_at": CLOSED_AT,
    "associate_id": ANNA,
    "currency": "USD",
    "period_id": "2024-03",
}


def commission_topped_up(**changes: Any) -> CommissionToppedUp:
    return replace(CommissionToppedUp(amount_minor=10_500, **_SETTLED), **changes)


def deficit_carried(**changes: Any) -> DeficitCarried:
    return replace(DeficitCarried(amount_minor=8_775, **_SETTLED), **changes)


def deficit_forgiven(**changes: Any) -> DeficitForgiven:
    return replace(DeficitForgiven(amount_minor=8_775, **_SETTLED), **changes)


def deficit_recouped(**changes: Any) -> DeficitRecouped:
    return replace(DeficitRecouped(amount_minor=8_775, **_SETTLED), **changes)


def deficit_written_off(**changes: Any) -> DeficitWrittenOff:
    return replace(DeficitWrittenOff(amount_minor=8_775, **_SETTLED), **changes)


def statement_issued(**changes: Any) -> StatementIssued:
    """30 hours, $2,000.00 sold: 135.00 earned, 240.00 guaranteed and paid."""
    event = StatementIssued(
        scope="company",
        starts_on=date(2024, 3, 1),
        ends_on=date(2024, 3, 31),
        plan_no=0,
        policy="carry",
        minutes=1_800,
        guarantee_minor=24_000,
        sales_minor=200_000,
        earned_minor=13_500,
        clawed_back_minor=0,
        moved_minor=0,
        net_minor=13_500,
        topped_up_minor=10_500,
        pay_minor=24_000,
        regular_rate_minor=800,
        commission_share_bp=5_625,
        **_SETTLED,
    )
    return replace(event, **changes)
