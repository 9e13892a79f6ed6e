"""A store or a currency that nobody knows is a warning where the shop goes on; a plan, a store and a cost
name a currency that exists."""

from typing import Any

import pytest

from domain.messages import Command
from tests.domain.builders import money_commands as money
from tests.domain.builders import people_commands as people
from tests.domain.builders.money_commands import ANNA, BEN, CARL
from tests.domain.builders.money_events import associate_hired
from tests.domain.builders.people_events import customer_registered, store_opened
from tests.domain.given import Given, given

SHOP = given(
    *(associate_hired(associate_id=associate) for associate in (ANNA, BEN, CARL)), customer_registered()
)
NOWHERE: dict[str, Any] = {"store_id": "nowhere"}


def warned(story: Given, command: Command) -> list[tuple[str, str]]:
    return [(warning.code, warning.field) for warning in story.warns(command)]


@pytest.mark.parametrize(
    "command",
    [
        money.record_sale(**NOWHERE),
        money.accept_return_without_receipt(**NOWHERE),
        money.hire_associate(associate_id="ass_" + "d" * 32, **NOWHERE),
        money.transfer_associate(**NOWHERE),
        people.record_stock_arrival(**NOWHERE),
        people.report_heroic_act(**NOWHERE),
        people.register_customer(customer_id="cus_" + "3" * 32, **NOWHERE),
    ],
)
def test_the_shop_goes_on_in_a_store_that_nobody_knows_and_is_told(command: Command) -> None:
    assert warned(SHOP, command) == [("store_unknown", "store_id")]
    assert warned(SHOP.with_events(store_opened(**NOWHERE)), command) == []


def test_a_store_is_known_to_a_return_by_its_clerk_and_by_the_sellers_on_the_receipt() -> None:
    assert warned(SHOP, money.accept_return_without_receipt(accepted_by=BEN)) == []
    sold = SHOP.after(money.record_sale())
    assert warned(sold, money.accept_return()) == []
    assert warned(sold, money.accept_return(**NOWHERE)) == [("store_unknown", "store_id")]


def test_the_day_of_an_act_and_of_a_hiring_is_the_stores_day() -> None:
    night = people.TOLD_AT.replace(hour=1)
    here = SHOP.with_events(store_opened())
    told = people.report_heroic_act(happened_on=None, occurred_at=night)
    assert (SHOP.when(told)[0].happened_on, here.when(told)[0].happened_on) == (
        night.date(),
        night.date().replace(day=night.day - 1),
    )
    hired = money.hire_associate(associate_id="ass_" + "d" * 32, occurred_at=night)
    assert here.when(hired)[0].hired_on == night.date().replace(day=night.day - 1)


def test_goods_without_a_receipt_are_refunded_in_an_unknown_currency_with_a_warning() -> None:
    odd = money.accept_return_without_receipt(currency="XYZ", accepted_by=ANNA)
    assert warned(SHOP, odd) == [("currency_unknown", "currency")]


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (
            money.hire_associate(associate_id="ass_" + "d" * 32, plan=money.pay_plan(currency="XYZ")),
            "plan.currency",
        ),
        (people.report_heroic_act(currency="XYZ"), "currency"),
        (people.open_store(currency="XYZ"), "currency"),
    ],
)
def test_an_unknown_currency_is_refused_elsewhere(command: Command, field: str) -> None:
    refusal = SHOP.refuses(command)
    assert (refusal.code, refusal.field) == ("currency_unknown", field)
