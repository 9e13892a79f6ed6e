"""Sales that are recorded although somebody should look at them."""

from datetime import date

from tests.domain.builders.money_commands import line_to_sell, record_sale
from tests.domain.builders.money_events import (
    associate_hired,
    commission_earned,
    pay_period_opened,
    sale_recorded,
)
from tests.domain.given import given


def test_a_sale_before_the_hiring_day_is_posted_with_a_warning() -> None:
    shop = given(associate_hired(hired_on=date(2024, 3, 6)), pay_period_opened())
    assert shop.when(record_sale()) == [sale_recorded(), commission_earned()]
    [warning] = shop.warns(record_sale(line_to_sell(attribution=()), line_to_sell(sku="7001")))
    assert (warning.code, warning.field) == ("before_hiring", "lines[1].attribution[0].associate_id")


def test_a_sale_on_the_hiring_day_is_ordinary() -> None:
    assert given(associate_hired(hired_on=date(2024, 3, 5)), pay_period_opened()).warns(record_sale()) == []
