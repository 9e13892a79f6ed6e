"""Sales that are recorded although somebody should look at them."""

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from domain.messages import Command
from tests.domain.builders.money_commands import (
    BEN,
    OTHER_SALE,
    SOLD_AT,
    accept_return_without_receipt,
    allow_price,
    attach_customer,
    correct_attribution,
    detach_customer,
    line_to_sell,
    match_return,
    record_sale,
    unmatch_return,
)
from tests.domain.builders.money_events import (
    associate_hired,
    commission_earned,
    pay_period_opened,
    receipt_numbered,
    sale_recorded,
)
from tests.domain.builders.people_events import customer_registered
from tests.domain.given import given


def test_a_sale_before_the_hiring_day_is_posted_with_a_warning() -> None:
    shop = given(associate_hired(hired_on=date(2024, 3, 6)), pay_period_opened())
    assert shop.when(record_sale()) == [sale_recorded(), commission_earned()]
    [warning] = shop.warns(record_sale(line_to_sell(attribution=()), line_to_sell(sku="7001")))
    assert (warning.code, warning.field) == ("before_hiring", "lines[1].attribution[0].associate_id")


def test_a_sale_that_turns_out_to_be_somebodys_who_was_hired_later_is_warned_of() -> None:
    shop = given(associate_hired(), associate_hired(associate_id=BEN, hired_on=date(2024, 3, 6)))
    shop = shop.with_events(pay_period_opened()).after(record_sale())
    [warning] = shop.warns(correct_attribution())
    assert (warning.code, warning.field) == ("before_hiring", "attribution[0].associate_id")


def test_a_sale_on_the_hiring_day_is_ordinary() -> None:
    assert given(associate_hired(hired_on=date(2024, 3, 5)), pay_period_opened()).warns(record_sale()) == []


def test_a_receipt_number_that_is_used_twice_in_a_store_is_a_warning() -> None:
    shop = given(associate_hired(), pay_period_opened())
    numbered = record_sale(receipt_no="R-7")
    assert shop.warns(numbered) == []
    assert shop.when(numbered)[-1] == receipt_numbered()
    sold = shop.after(numbered)
    again = record_sale(sale_id=OTHER_SALE, receipt_no="R-7")
    [warning] = sold.warns(again)
    assert (warning.code, warning.field) == ("receipt_number_used", "receipt_no")
    assert numbered.sale_id is not None
    assert numbered.sale_id in warning.message
    assert len(sold.when(again)) == len(shop.when(numbered))
    for other in (record_sale(sale_id=OTHER_SALE, receipt_no="R-8"), record_sale(sale_id=OTHER_SALE)):
        assert sold.warns(other) == []
    elsewhere = record_sale(sale_id=OTHER_SALE, receipt_no="R-7", store_id="uptown")
    assert [one.code for one in sold.warns(elsewhere)] == ["store_unknown"]


@pytest.mark.parametrize(
    ("before", "command"),
    [
        ((), attach_customer()),
        ((attach_customer(),), detach_customer()),
        ((), correct_attribution()),
        ((), allow_price()),
        ((accept_return_without_receipt(),), match_return()),
        ((accept_return_without_receipt(), match_return()), unmatch_return()),
    ],
)
def test_what_is_dated_before_its_sale_is_recorded_with_a_warning(
    before: tuple[Command, ...], command: Command
) -> None:
    staff = (associate_hired(), associate_hired(associate_id=BEN))
    shop = given(*staff, pay_period_opened(), customer_registered()).after(record_sale(), *before)
    assert "before_the_sale" not in [one.code for one in shop.warns(command)]
    early = replace(command, occurred_at=SOLD_AT - timedelta(days=1))
    assert [one.field for one in shop.warns(early) if one.code == "before_the_sale"] == ["occurred_at"]
