"""Stores are known facts: their days are their own, and unknown ones are warned of."""

from datetime import UTC, date, datetime

import pytest

from domain.sale.commands import LineToSell
from tests.domain.builders import people_commands as ask
from tests.domain.builders import people_events as events
from tests.domain.builders.money_commands import (
    CLARA,
    SOLD_AT,
    accept_return,
    attach_customer,
    correct_attribution,
    line_to_sell,
    record_sale,
)
from tests.domain.builders.money_events import associate_hired, pay_period_opened
from tests.domain.given import given

SHOP = given(associate_hired(), pay_period_opened(), events.customer_registered())
#: In New York it is the evening of the 5th.
NIGHT = datetime(2024, 3, 6, 1, 30, tzinfo=UTC)


def test_a_store_is_opened_and_corrected_by_saying_it_again() -> None:
    assert given().when(ask.open_store()) == [events.store_opened()]
    opened = given(events.store_opened())
    assert opened.when(ask.open_store()) == []
    assert opened.when(ask.open_store(name="Uptown")) == [events.store_opened(name="Uptown")]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"time_zone": "America/Nowhere"}, "time_zone_unknown", "time_zone"),
        ({"currency": "XYZ"}, "currency_unknown", "currency"),
    ],
)
def test_a_store_has_a_time_zone_and_a_currency_that_exist(
    changes: dict[str, str], code: str, field: str
) -> None:
    refusal = given().refuses(ask.open_store(**changes))
    assert (refusal.code, refusal.field) == (code, field)


def test_a_sale_is_of_the_stores_day() -> None:
    here = SHOP.with_events(events.store_opened())
    sold = record_sale(occurred_at=NIGHT)
    assert here.when(sold)[0].sold_on == date(2024, 3, 5)
    assert here.after(sold).when(attach_customer())[0].sold_on == date(2024, 3, 5)
    assert here.when(record_sale(occurred_at=SOLD_AT))[0].sold_on is None, "it is the day in UTC, too"
    assert SHOP.when(sold)[0].sold_on is None


def test_the_calendars_zone_counts_where_the_store_is_not_known() -> None:
    far = given(associate_hired(), pay_period_opened(time_zone="America/New_York"))
    assert far.when(record_sale(occurred_at=NIGHT))[0].sold_on == date(2024, 3, 5)


def test_an_unknown_store_or_currency_is_a_warning_at_the_till() -> None:
    assert SHOP.warns(record_sale()) == []
    nowhere = record_sale(store_id="nowhere")
    assert [(w.code, w.field) for w in SHOP.warns(nowhere)] == [("store_unknown", "store_id")]
    assert SHOP.with_events(events.store_opened(store_id="nowhere")).warns(nowhere) == []
    odd = record_sale(line_to_sell(attribution=()), currency="XYZ", store_id="nowhere")
    assert [w.code for w in SHOP.warns(odd)] == ["store_unknown", "currency_unknown"]


# --- gift cards and lines of nothing ------------------------------------------------------------------------

CARD: LineToSell = line_to_sell(sku="CARD", unit_price_minor=50_000, kind="gift_card")


def test_a_gift_card_earns_nothing_and_lifts_no_tier() -> None:
    sale, *rest = SHOP.when(record_sale(CARD, customer_id=CLARA))
    assert (sale.net_minor, sale.lines[0].kind, sale.lines[0].credits) == (50_000, "gift_card", ())
    assert [event.amount_minor for event in rest if hasattr(event, "amount_minor")] in ([], [0])
    account = SHOP.after(record_sale(CARD)).states.account(associate_hired().associate_id)
    assert account is None or account.in_period("2024-03").sales_minor == 0


def test_a_line_that_costs_nothing_is_said_to() -> None:
    free = line_to_sell(unit_price_minor=0)
    assert [line.kind for line in SHOP.when(record_sale(free, line_to_sell()))[0].lines] == ["zero", "goods"]


def test_a_gift_card_comes_back_at_its_price_and_is_nobodys_sale() -> None:
    story = SHOP.after(record_sale(CARD))
    accepted = story.when(accept_return())[0]
    assert (accepted.refund_minor, accepted.lines[0].kind, accepted.lines[0].spend_minor) == (
        50_000,
        "gift_card",
        0,
    )
    assert story.refuses(correct_attribution()).code == "earns_nothing"
