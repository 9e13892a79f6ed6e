"""What is written down when something is sold, and which sales are refused."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.messages import NotFound
from domain.sale.commands import Share
from domain.sale.events import Band, Credit, SaleRecorded
from tests.domain.builders.money_commands import (
    ANNA,
    BEN,
    CARL,
    CLARA,
    DORA,
    SALE,
    SOLD_AT,
    line_to_sell,
    pay_plan,
    record_sale,
)
from tests.domain.builders.money_events import (
    associate_hired,
    associate_left,
    commission_earned,
    pay_period_opened,
    pay_plan_changed,
    sale_recorded,
    sold_line,
)
from tests.domain.builders.people_events import (
    customer_forgotten,
    customer_registered,
    customers_merged,
    owner_assigned,
)
from tests.domain.given import NOW, given

STAFF = (associate_hired(), associate_hired(associate_id=BEN))
SHOP = given(*STAFF, pay_period_opened())


def test_a_sale_and_what_its_seller_earns_are_one_commit() -> None:
    assert SHOP.when(record_sale()) == [sale_recorded(), commission_earned()]


def test_a_line_nobody_is_named_for_belongs_to_the_house() -> None:
    events = SHOP.when(record_sale(line_to_sell(attribution=())))
    assert events == [sale_recorded(sold_line(credits=()))]


def test_tax_comes_on_top_and_earns_nothing() -> None:
    events = SHOP.when(record_sale(line_to_sell(tax_minor=888)))
    assert events == [sale_recorded(sold_line(tax_minor=888), tax_minor=888), commission_earned()]


def test_a_sale_that_says_no_time_happened_when_it_was_handled() -> None:
    sale = SHOP.when(record_sale(occurred_at=None))[0]
    assert sale.occurred_at == NOW


def test_one_event_for_each_seller_whatever_the_number_of_lines() -> None:
    shared = line_to_sell(attribution=(Share(BEN, 2_500), Share(ANNA, 7_500)))
    events = SHOP.when(record_sale(line_to_sell(), shared, line_to_sell(attribution=())))
    assert [type(event).__name__ for event in events] == [
        "SaleRecorded",
        "CommissionEarned",
        "CommissionEarned",
    ]
    anna, ben = events[1:]
    assert (anna.associate_id, anna.sales_minor, anna.amount_minor) == (ANNA, 17_500, 675 + 506)
    assert [line.line_no for line in anna.lines] == [1, 2]
    assert (ben.associate_id, ben.sales_minor, ben.amount_minor) == (BEN, 2_500, 169)
    assert [line.line_no for line in ben.lines] == [2]


def test_a_line_that_is_given_away_earns_nothing_and_is_still_somebodys() -> None:
    events = SHOP.when(record_sale(line_to_sell(discount_minor=10_000)))
    assert events[0].lines[0].credits == (Credit(ANNA, 10_000, 0, (Band(0, 675),)),)
    assert (events[1].sales_minor, events[1].amount_minor) == (0, 0)


def test_the_order_discount_falls_on_what_lines_come_to_after_their_own() -> None:
    given_away = line_to_sell(discount_minor=10_000)
    sale = SHOP.when(record_sale(given_away, line_to_sell(), order_discount_minor=100))[0]
    assert [line.net_minor for line in sale.lines] == [0, 9_900]


# --- her first owner ----------------------------------------------------------------------------------------


CLARA_IN_SHOP = SHOP.with_events(customer_registered())


def test_a_known_customer_without_an_owner_belongs_to_their_first_seller() -> None:
    events = CLARA_IN_SHOP.when(record_sale(customer_id=CLARA))
    owner = owner_assigned(occurred_at=SOLD_AT, reason="first_sale", sale_id=SALE)
    assert events == [sale_recorded(customer_id=CLARA), owner, commission_earned()]


def test_the_first_owner_is_whoever_sold_most_and_of_two_the_first_listed() -> None:
    mostly_bens = (line_to_sell(), line_to_sell(attribution=(Share(BEN),), unit_price_minor=10_001))
    assert CLARA_IN_SHOP.when(record_sale(*mostly_bens, customer_id=CLARA))[1].associate_id == BEN
    halves = line_to_sell(attribution=(Share(BEN, 5_000), Share(ANNA, 5_000)))
    assert CLARA_IN_SHOP.when(record_sale(halves, customer_id=CLARA))[1].associate_id == BEN


@pytest.mark.parametrize(
    ("before", "line"),
    [
        ((owner_assigned(associate_id=BEN),), line_to_sell()),
        ((), line_to_sell(attribution=())),
        ((associate_left(),), line_to_sell()),
        ((customer_registered(customer_id=DORA), *customers_merged()), line_to_sell()),
    ],
    ids=["she has one", "the house sold it", "the seller is leaving", "she is part of another record"],
)
def test_nobody_becomes_the_owner_when(before: tuple[Any, ...], line: Any) -> None:
    customer_id = DORA if len(before) == 3 else CLARA
    events = CLARA_IN_SHOP.with_events(*before).when(record_sale(line, customer_id=customer_id))
    assert "OwnerAssigned" not in [type(event).__name__ for event in events]


# --- rates --------------------------------------------------------------------------------------------------


def shop_with(**plan: Any) -> Any:
    return given(associate_hired(plan=pay_plan(**plan)), pay_period_opened())


def test_a_departments_rate_goes_before_the_plans_and_before_any_tier() -> None:
    shop = shop_with(department_rates_bp={"shoes": 900}, tiers=())
    lines = (line_to_sell(), line_to_sell(department="gifts"), line_to_sell(department=None))
    sale = shop.when(record_sale(*lines))[0]
    assert [line.credits[0].bands for line in sale.lines] == [
        (Band(100_000_000, 900),),
        (Band(100_000_000, 675),),
        (Band(100_000_000, 675),),
    ]


def test_the_plan_of_the_day_it_was_sold_decides() -> None:
    shop = SHOP.with_events(pay_plan_changed(effective_on=date(2024, 3, 5)))
    assert shop.when(record_sale())[1].plan_no == 1
    the_day_before = record_sale(occurred_at=SOLD_AT - timedelta(days=1))
    earned = shop.when(the_day_before)[1]
    assert (earned.plan_no, earned.amount_minor) == (0, 675)


def test_the_day_is_the_one_on_the_shops_clock() -> None:
    """Half past three at night in London is still the evening before in New York."""
    changed = pay_plan_changed(effective_on=date(2024, 3, 5))
    early = record_sale(occurred_at=datetime(2024, 3, 5, 3, 30, tzinfo=UTC))
    in_london = given(*STAFF, pay_period_opened(), changed)
    in_new_york = given(*STAFF, pay_period_opened(time_zone="America/New_York"), changed)
    assert in_london.when(early)[1].plan_no == 1
    assert in_new_york.when(early)[1].plan_no == 0


# --- refusals -----------------------------------------------------------------------------------------------


def test_a_sale_is_recorded_only_once() -> None:
    refusal = SHOP.after(record_sale()).refuses(record_sale())
    assert (refusal.code, refusal.field) == ("already_exists", "sale_id")


def test_an_unknown_customer_is_named() -> None:
    refusal = SHOP.refuses(record_sale(customer_id=CLARA))
    assert isinstance(refusal, NotFound)
    assert (refusal.code, refusal.field) == ("customer_unknown", "customer_id")


def test_nothing_is_sold_to_somebody_forgotten() -> None:
    refusal = CLARA_IN_SHOP.with_events(customer_forgotten()).refuses(record_sale(customer_id=CLARA))
    assert (refusal.code, refusal.field) == ("customer_forgotten", "customer_id")


def test_a_line_cannot_be_discounted_below_nothing() -> None:
    refusal = SHOP.refuses(record_sale(line_to_sell(), line_to_sell(discount_minor=10_001)))
    assert (refusal.code, refusal.field) == ("discount_exceeds_price", "lines[1].discount_minor")


def test_an_order_cannot_be_discounted_below_nothing() -> None:
    refusal = SHOP.refuses(record_sale(line_to_sell(discount_minor=9_000), order_discount_minor=1_001))
    assert (refusal.code, refusal.field) == ("discount_exceeds_price", "order_discount_minor")


def test_amounts_beyond_counting_are_refused() -> None:
    huge = line_to_sell(quantity=10_000_000, unit_price_minor=10**15)
    assert SHOP.refuses(record_sale(huge)).code == "amount_too_large"


ATTRIBUTIONS: list[tuple[tuple[Share, ...], str, str]] = [
    ((Share(ANNA, 6_000), Share(BEN, 3_999)), "split_does_not_add_up", "lines[1].attribution"),
    ((Share(ANNA, 5_000), Share(ANNA, 5_000)), "named_twice", "lines[1].attribution[1].associate_id"),
    ((Share(ANNA, 5_000), Share(CARL, 5_000)), "associate_unknown", "lines[1].attribution[1].associate_id"),
]


@pytest.mark.parametrize(("attribution", "code", "field"), ATTRIBUTIONS)
def test_an_attribution_that_does_not_hold_is_refused(
    attribution: tuple[Share, ...], code: str, field: str
) -> None:
    refusal = SHOP.refuses(record_sale(line_to_sell(), line_to_sell(attribution=attribution)))
    assert (refusal.code, refusal.field) == (code, field)


def test_nobody_sells_after_their_last_day() -> None:
    shop = SHOP.with_events(associate_left(left_on=date(2024, 3, 4)))
    assert shop.refuses(record_sale()).code == "associate_has_left"
    on_the_last_day = SHOP.with_events(associate_left(left_on=date(2024, 3, 5)))
    assert isinstance(on_the_last_day.when(record_sale())[0], SaleRecorded)


def test_nobody_earns_in_a_currency_they_are_not_paid_in() -> None:
    refusal = SHOP.refuses(record_sale(currency="EUR"))
    assert (refusal.code, refusal.field) == ("currency_differs", "lines[0].attribution[0].associate_id")


def test_a_sale_that_has_not_happened_yet_is_refused() -> None:
    refusal = SHOP.refuses(record_sale(occurred_at=NOW + timedelta(minutes=6)))
    assert (refusal.code, refusal.field) == ("in_the_future", "occurred_at")


def test_the_sale_is_what_the_state_remembers() -> None:
    sale = SHOP.after(record_sale()).states.sale(SALE)
    assert sale is not None
    assert [line.sold for line in sale.lines] == [sold_line()]
    assert sale.lines[0].left == 1
