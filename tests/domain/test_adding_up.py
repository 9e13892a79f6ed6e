"""However a sale comes back, in whatever pieces and order, it comes back to the cent."""

from collections import Counter
from datetime import date
from typing import Any

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain.associate.commands import Tier
from domain.commission_account.events import (
    AllowanceClawedBack,
    CommissionClawedBack,
    CommissionEarned,
    CommissionMoved,
)
from domain.commission_account.state import AccountState
from domain.return_.commands import LineToReturn
from domain.return_.events import ReturnAccepted
from domain.sale.commands import LineToSell, RecordSale, Share
from domain.sale.events import SaleRecorded
from domain.sale.parts import money_between
from domain.sale.policies import known_sale
from tests.domain.builders.money_commands import (
    ANNA,
    BEN,
    CARL,
    CLOSED_AT,
    accept_return,
    accept_return_without_receipt,
    allow_price,
    correct_attribution,
    line_to_sell,
    match_return,
    pay_plan,
    record_sale,
)
from tests.domain.builders.money_events import associate_hired, pay_period_opened
from tests.domain.given import Given, given

DORIS = "ass_" + "d" * 32
STAFF = (ANNA, BEN, CARL, DORIS)
PLANS = (
    pay_plan(),
    pay_plan(rate_bp=333, department_rates_bp={"gifts": 1_111}),
    pay_plan(rate_bp=500, tiers=(Tier(3_000, 650), Tier(9_999, 801), Tier(20_001, 333))),
    pay_plan(rate_bp=0),
)
SHOP = given(
    *(associate_hired(associate_id=who, plan=plan) for who, plan in zip(STAFF, PLANS, strict=True)),
    pay_period_opened(ends_on=date(2024, 4, 30)),
)


@st.composite
def attributions(draw: st.DrawFn) -> tuple[Share, ...]:
    """Any split among any of the staff, in any order; or nobody."""
    who = draw(st.lists(st.sampled_from(STAFF), unique=True, max_size=4))
    if not who:
        return ()
    cuts = sorted(draw(st.sets(st.integers(1, 9_999), min_size=len(who) - 1, max_size=len(who) - 1)))
    shares = [upper - lower for lower, upper in zip((0, *cuts), (*cuts, 10_000), strict=True)]
    return tuple(Share(name, share) for name, share in zip(who, shares, strict=True))


@st.composite
def lines(draw: st.DrawFn) -> LineToSell:
    quantity = draw(st.integers(1, 9))
    price = draw(st.integers(0, 9_999))
    return line_to_sell(
        quantity=quantity,
        unit_price_minor=price,
        discount_minor=draw(st.integers(0, quantity * price)),
        tax_minor=draw(st.integers(0, 999)),
        department=draw(st.sampled_from((None, "shoes", "gifts"))),
        attribution=draw(attributions()),
    )


@st.composite
def sales(draw: st.DrawFn) -> RecordSale:
    on_receipt = draw(st.lists(lines(), min_size=1, max_size=3))
    order_minor = sum(line.quantity * line.unit_price_minor - line.discount_minor for line in on_receipt)
    return record_sale(*on_receipt, order_discount_minor=draw(st.integers(0, order_minor)))


@st.composite
def pieces_of(draw: st.DrawFn, sale: RecordSale) -> list[LineToReturn]:
    """Every unit of the sale, in pieces of any size and in any order."""
    pieces: list[LineToReturn] = []
    for line_no, line in enumerate(sale.lines, start=1):
        left = line.quantity
        while left:
            quantity = draw(st.integers(1, left))
            pieces.append(LineToReturn(line_no=line_no, quantity=quantity))
            left -= quantity
    return draw(st.permutations(pieces))


def all_back(story: Given, pieces: list[LineToReturn]) -> Given:
    return story.after(
        *(
            accept_return(piece, return_id=f"ret_{number:032x}", occurred_at=CLOSED_AT)
            for number, piece in enumerate(pieces)
        )
    )


def commission(story: Given) -> Counter[str]:
    """What each associate has kept."""
    kept: Counter[str] = Counter()
    for event in story.events:
        match event:
            case CommissionEarned() | CommissionMoved():
                kept[event.associate_id] += event.amount_minor
            case CommissionClawedBack() | AllowanceClawedBack():
                kept[event.associate_id] -= event.amount_minor
            case _:
                pass
    return kept


def nothing_is_left_with_anybody(story: Given) -> None:
    assert not any(commission(story).values())
    for who in STAFF:
        account = story.states.account(who) or AccountState()
        assert account.in_period("2024-03").sales_minor == 0


def no_refund_adds_anything(story: Given) -> None:
    for allowance in story.all(AllowanceClawedBack):
        assert allowance.amount_minor >= 0
        assert allowance.sales_minor >= 0
    for clawback in story.all(CommissionClawedBack):
        assert clawback.amount_minor >= 0
        assert clawback.sales_minor >= 0
        assert all(line.commission_minor >= 0 and line.sales_minor >= 0 for line in clawback.lines)


@for_all(st.data(), sales())
@settings(max_examples=150, deadline=None)
def test_partial_returns_in_any_order_and_size_add_up_to_the_whole(
    data: st.DataObject, sale: RecordSale
) -> None:
    story = all_back(SHOP.after(sale), data.draw(pieces_of(sale)))
    recorded = story.last(SaleRecorded)
    accepted = story.all(ReturnAccepted)
    assert sum(event.refund_minor for event in accepted) == recorded.net_minor
    assert sum(event.tax_minor for event in accepted) == recorded.tax_minor
    assert all(event.refund_minor >= 0 and event.tax_minor >= 0 for event in accepted)
    nothing_is_left_with_anybody(story)
    no_refund_adds_anything(story)


def test_a_refund_hands_no_cent_to_the_third_of_three() -> None:
    """Largest remainders alone would: the third has 2 of the first 10 cents, and 1 of all 11."""
    everything = pay_plan(rate_bp=10_000)
    three = (Share(ANNA, 4_286), Share(BEN, 4_286), Share(CARL, 1_428))
    story = given(*(associate_hired(associate_id=who, plan=everything) for who in STAFF)).after(
        record_sale(line_to_sell(quantity=11, unit_price_minor=1, attribution=three))
    )
    assert [event.amount_minor for event in story.all(CommissionEarned)] == [5, 5, 1]
    story = all_back(story, [LineToReturn(line_no=1, quantity=10), LineToReturn(line_no=1)])
    taken = [event.amount_minor for event in story.all(CommissionClawedBack)]
    assert taken == [4, 5, 1, 1, 0, 0]
    no_refund_adds_anything(story)


@for_all(sales())
@settings(max_examples=100, deadline=None)
def test_lines_add_up_to_the_receipt_and_credits_to_the_lines(sale: RecordSale) -> None:
    events = SHOP.when(sale)
    recorded: SaleRecorded = events[0]
    gross_minor = sum(line.quantity * line.unit_price_minor for line in sale.lines)
    off_minor = sum(line.discount_minor for line in sale.lines) + sale.order_discount_minor
    assert recorded.net_minor == gross_minor - off_minor == sum(line.net_minor for line in recorded.lines)
    attributed_minor = sum(line.net_minor for line in recorded.lines if line.credits)
    assert sum(event.sales_minor for event in events[1:]) == attributed_minor
    for line in recorded.lines:
        assert line.net_minor == line.quantity * line.unit_price_minor - line.discount_minor >= 0
        for credit in line.credits:
            assert sum(band.base_e4 for band in credit.bands) == line.net_minor * credit.share_bp


@for_all(st.data(), sales())
@settings(max_examples=100, deadline=None)
def test_corrections_between_partial_returns_still_leave_nothing_with_anybody(
    data: st.DataObject, sale: RecordSale
) -> None:
    pieces = data.draw(pieces_of(sale))
    at = data.draw(st.integers(0, len(pieces)))
    story = all_back(SHOP.after(sale), pieces[:at])
    for _ in range(data.draw(st.integers(1, 3))):
        line_no = data.draw(st.integers(1, len(sale.lines)))
        attribution = data.draw(attributions().filter(bool))
        story = story.after(correct_attribution(line_no=line_no, attribution=attribution))
    rest = [
        accept_return(piece, return_id=f"ret_{number + 1_000:032x}", occurred_at=CLOSED_AT)
        for number, piece in enumerate(pieces[at:])
    ]
    story = story.after(*rest)
    nothing_is_left_with_anybody(story)
    no_refund_adds_anything(story)


@for_all(st.data(), sales())
@settings(max_examples=200, deadline=None)
def test_allowances_between_partial_returns_still_leave_nothing_with_anybody(
    data: st.DataObject, sale: RecordSale
) -> None:
    story = SHOP.after(sale)
    for number, piece in enumerate(data.draw(pieces_of(sale))):
        line = known_sale(story.states, story.last(SaleRecorded).sale_id).line(piece.line_no or 0)
        assert line is not None
        paid_minor = money_between(line.sold, line.returned, line.sold.quantity).net_minor
        if paid_minor and data.draw(st.booleans()):
            amount_minor = data.draw(st.integers(1, min(paid_minor, 9)) | st.integers(1, paid_minor))
            story = story.after(allow_price(line_no=piece.line_no, amount_minor=amount_minor))
        story = story.after(accept_return(piece, return_id=f"ret_{number:032x}", occurred_at=CLOSED_AT))
    nothing_is_left_with_anybody(story)
    no_refund_adds_anything(story)


@for_all(st.data(), sales(), st.booleans())
@settings(max_examples=100, deadline=None)
def test_what_comes_back_without_a_receipt_and_is_matched_adds_up_as_well(
    data: st.DataObject, sale: RecordSale, by_hand: bool
) -> None:
    story = SHOP.after(sale)
    for number, piece in enumerate(data.draw(pieces_of(sale))):
        refund_minor = data.draw(st.integers(0, 10_000))
        return_id = f"ret_{number:032x}"
        unknown: Any = LineToReturn(sku="6001", quantity=piece.quantity, refund_minor=refund_minor)
        before = commission(story)
        story = story.after(accept_return_without_receipt(return_id=return_id, lines=(unknown,)))
        assert commission(story) == before
        named = (piece.line_no,) if by_hand and piece.line_no else ()
        story = story.after(match_return(return_id=return_id, lines=named))
    nothing_is_left_with_anybody(story)
    no_refund_adds_anything(story)
