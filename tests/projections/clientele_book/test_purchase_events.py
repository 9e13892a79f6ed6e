"""Sales and returns on a customer's page: net spend, favourites, visits and recent purchases."""

from datetime import date, timedelta
from typing import Any

from domain.messages import Event
from domain.return_.events import RefundPart, ReturnedLine
from domain.sale.events import SaleRecorded
from projections.clientele_book.fold import PROJECTION
from projections.clientele_book.page import PURCHASES_KEPT, UNTRACED_RETURNS_KEPT, CustomerPage, Spend
from projections.clientele_book.summary import summary_of
from tests.domain.builders.money_commands import CLARA, OTHER_SALE, RETURN, RETURNED_AT, SALE, SOLD_AT
from tests.domain.builders.money_events import (
    customer_attached,
    customer_detached,
    return_accepted,
    return_accepted_without_receipt,
    return_matched,
    return_unmatched,
    sale_recorded,
    sold_line,
    spend_restored,
    spend_taken_off,
)
from tests.projections.folding import columns_after, state_after

DAY = timedelta(days=1)
GLOVES = sold_line(
    line_no=2,
    sku="7002",
    description="Gloves",
    label="Hestra",
    department="accessories",
    net_minor=5_000,
    credits=(),
)


def page_after(*events: Event) -> CustomerPage:
    return state_after(PROJECTION, *events)


def bought(*lines: Any, **changes: Any) -> SaleRecorded:
    return sale_recorded(*lines, **{"customer_id": CLARA, **changes})


def test_a_sale_counts_by_label_and_by_department() -> None:
    page = page_after(bought(sold_line(), GLOVES), bought(GLOVES, sale_id=OTHER_SALE, channel="online"))
    assert page.spend == {
        "USD": Spend(
            sales=2,
            sold_minor=20_000,
            labels={"Alden": 10_000, "Hestra": 10_000},
            departments={"shoes": 10_000, "accessories": 10_000},
        )
    }
    assert page.channels == {"store": 1, "online": 1}
    assert page.stores == {"downtown": 2}
    assert page.net_spend_minor == 20_000


def test_two_sales_of_one_day_are_one_visit_and_days_stay_in_order() -> None:
    page = page_after(
        bought(),
        bought(occurred_at=SOLD_AT + timedelta(minutes=5)),
        bought(occurred_at=SOLD_AT - 3 * DAY),
        bought(occurred_at=SOLD_AT - 3 * DAY),
    )
    assert [date.fromordinal(day) for day in page.visit_days] == [date(2024, 3, 2), date(2024, 3, 5)]
    assert page.visits == 2
    assert page.last_visit_at == SOLD_AT + timedelta(minutes=5)


def test_a_walk_in_recognised_later_counts_on_the_day_of_the_sale() -> None:
    columns = columns_after(PROJECTION, customer_attached())
    assert (columns["visits"], columns["last_visit_at"], columns["net_spend_minor"]) == (1, SOLD_AT, 10_000)


def test_returns_with_a_receipt_are_taken_off_spend_favourites_and_the_purchase() -> None:
    page = page_after(bought(sold_line(), GLOVES), return_accepted(customer_id=CLARA))
    assert page.net_spend_minor == 5_000
    assert page.spend["USD"].labels == {"Alden": 0, "Hestra": 5_000}
    assert page.purchases[0].returned_minor == 10_000
    assert summary_of(page).favourite_labels == ["Hestra"]
    assert page.visits == 1


def test_what_all_came_back_is_nobodys_favourite() -> None:
    assert summary_of(page_after(bought(), return_accepted(customer_id=CLARA))).favourite_departments == []


def test_a_return_without_a_receipt_comes_off_the_spend_until_it_is_matched() -> None:
    untraced = return_accepted_without_receipt(customer_id=CLARA)
    page = page_after(bought(), untraced)
    assert page.net_spend_minor == 2_050
    assert [kept.return_id for kept in page.untraced] == [RETURN]


def test_a_match_to_the_own_sale_leaves_only_what_the_goods_were_sold_for() -> None:
    """79.50 refunded, 59.90 paid: the 19.60 of goodwill is the house's and no debt of hers."""
    untraced = return_accepted_without_receipt(
        customer_id=CLARA,
        lines=(ReturnedLine(label="Alden", department="shoes", quantity=1, refund_minor=7_950),),
    )
    matched = return_matched(customer_id=CLARA, already_taken_off=True, refunds=())
    sold = bought(sold_line(net_minor=5_990, unit_price_minor=5_990))
    page = page_after(sold, untraced, matched)
    assert page.net_spend_minor == 0
    assert page.spend["USD"].labels == {"Alden": 0}
    assert page.spend["USD"].departments == {"shoes": 0}
    assert page.untraced == []
    assert page.purchases[0].returned_minor == 5_990


def test_a_match_of_goods_that_somebody_else_brought_comes_off_now() -> None:
    sold = bought(sold_line(net_minor=5_990))
    page = page_after(sold, return_matched(customer_id=CLARA))
    assert page.net_spend_minor == 0
    assert page.spend["USD"].labels == {"Alden": 0}


def test_whoever_brought_another_customers_goods_gets_the_spend_back() -> None:
    brought = return_accepted_without_receipt(
        customer_id=CLARA, lines=(ReturnedLine(label="Alden", quantity=1, refund_minor=7_950),)
    )
    page = page_after(bought(), brought, spend_restored(customer_id=CLARA, refunds=()))
    assert page.net_spend_minor == 10_000
    assert page.spend["USD"].labels == {"Alden": 10_000}
    assert page.untraced == []


def test_a_match_after_more_untraced_returns_than_are_kept_still_adds_up() -> None:
    returns = [
        return_accepted_without_receipt(customer_id=CLARA, return_id=f"ret_{number}")
        for number in range(UNTRACED_RETURNS_KEPT + 2)
    ]
    matched = return_matched(customer_id=CLARA, return_id="ret_0", already_taken_off=True, refunds=())
    page = page_after(*returns, matched)
    assert len(page.untraced) == UNTRACED_RETURNS_KEPT
    assert page.net_spend_minor == -((UNTRACED_RETURNS_KEPT + 1) * 7_950 + 5_990)


def test_a_match_in_parts_says_itself_what_the_goods_were_called() -> None:
    brought = return_accepted_without_receipt(
        customer_id=CLARA,
        lines=(
            ReturnedLine(label="Alden", department="shoes", quantity=1, refund_minor=7_950),
            ReturnedLine(label="Hestra", quantity=1, refund_minor=500),
        ),
        refund_minor=8_450,
    )
    shoes = RefundPart(7_950, "Alden", "shoes")
    sold = bought(sold_line(net_minor=5_990, unit_price_minor=5_990))
    matched = return_matched(customer_id=CLARA, already_taken_off=True, refunds=(shoes,))
    page = page_after(sold, brought, matched)
    assert page.net_spend_minor == -500
    assert page.spend["USD"].labels == {"Alden": 0, "Hestra": -500}
    undone = (return_unmatched(customer_id=CLARA), spend_taken_off(customer_id=CLARA, refunds=(shoes,)))
    again = page_after(sold, brought, matched, *undone)
    before = page_after(sold, brought)
    assert again.spend == before.spend
    assert again.purchases == before.purchases


def test_what_was_sold_comes_off_and_not_another_refund() -> None:
    """130.00 given for what was sold at 100.00 is goodwill; a scarf on no receipt comes off whole."""
    line = ReturnedLine(line_no=1, label="Alden", quantity=1, refund_minor=13_000, sold_minor=10_000)
    scarf = ReturnedLine(label="Hestra", quantity=1, refund_minor=4_500)
    back = return_accepted(customer_id=CLARA, lines=(line, scarf), refund_minor=17_500, goodwill_minor=3_000)
    page = page_after(bought(), back)
    assert page.net_spend_minor == -4_500
    assert page.purchases[0].returned_minor == 10_000
    assert [untraced.lines for untraced in page.untraced] == [(("Hestra", None, 4_500),)]


def test_a_day_of_which_everything_came_back_is_no_visit() -> None:
    earlier = bought(sale_id="sal_earlier", occurred_at=SOLD_AT - 40 * DAY)
    page = page_after(earlier, bought(), return_accepted(customer_id=CLARA))
    assert (page.visits, page.last_visit_at) == (1, SOLD_AT - 40 * DAY)
    kept = page_after(bought(), bought(sale_id="sal_other"), return_accepted(customer_id=CLARA))
    assert (kept.visits, kept.last_visit_at) == (1, SOLD_AT)


def test_a_sale_on_the_wrong_customer_leaves_nothing_on_their_page() -> None:
    page = page_after(bought(), customer_detached())
    assert (page.visits, page.net_spend_minor, page.purchases, page.last_visit_at) == (0, 0, [], None)
    assert summary_of(page).favourite_labels == []


def test_gift_cards_and_lines_of_nothing_are_no_purchase() -> None:
    card, free = sold_line(kind="gift_card"), sold_line(kind="zero", net_minor=0, unit_price_minor=0)
    page = page_after(bought(card, free))
    assert (page.visits, page.net_spend_minor, page.purchases, page.spend) == (0, 0, [], {})
    mixed = page_after(bought(GLOVES, card))
    assert (mixed.visits, mixed.net_spend_minor, mixed.purchases[0].lines) == (1, 5_000, 1)


def test_a_visit_is_of_the_stores_day() -> None:
    """An evening in New York and the next morning are two days, and one day in UTC is not."""
    night = SOLD_AT.replace(hour=23) + timedelta(hours=2)
    evening = bought(occurred_at=night, sold_on=date(2024, 3, 5))
    page = page_after(bought(), evening)
    assert [date.fromordinal(day) for day in page.visit_days] == [date(2024, 3, 5)]


def test_the_latest_purchases_are_kept_with_their_dearest_items() -> None:
    lines = [
        sold_line(line_no=number, description=f"Item {number}", net_minor=number * 100)
        for number in range(1, 6)
    ]
    page = page_after(bought(*lines))
    assert page.purchases[0].items == ("Item 5", "Item 4", "Item 3")
    assert page.purchases[0].lines == 5
    many = [
        bought(sale_id=f"sal_{day}", occurred_at=SOLD_AT + day * DAY) for day in range(PURCHASES_KEPT + 2)
    ]
    page = page_after(*many, bought(sale_id="sal_long_ago", occurred_at=SOLD_AT - DAY))
    assert [purchase.sale_id for purchase in page.purchases] == [s.sale_id for s in many[2:]]


def test_a_line_without_a_description_is_named_by_its_sku() -> None:
    assert page_after(bought(sold_line(description=""))).purchases[0].items == ("6001",)


def test_a_return_of_a_purchase_that_is_no_longer_listed_comes_off_all_the_same() -> None:
    page = page_after(
        bought(),
        *(bought(sale_id=f"sal_{d}", occurred_at=SOLD_AT + d * DAY) for d in range(1, PURCHASES_KEPT + 1)),
        return_accepted(customer_id=CLARA),
    )
    assert SALE not in [purchase.sale_id for purchase in page.purchases]
    assert page.net_spend_minor == PURCHASES_KEPT * 10_000


def test_the_currency_bought_in_most_often_is_the_one_to_rank_by() -> None:
    page = page_after(
        bought(currency="JPY", lines=(sold_line(net_minor=900_000),), net_minor=900_000),
        bought(),
        bought(occurred_at=RETURNED_AT),
    )
    assert (page.currency, page.net_spend_minor) == ("USD", 20_000)
    assert set(page.spend) == {"JPY", "USD"}


def test_of_two_currencies_alike_the_first_by_its_letters_counts() -> None:
    assert page_after(bought(currency="USD"), bought(currency="EUR")).currency == "EUR"


def test_a_sale_to_nobody_has_no_page() -> None:
    assert PROJECTION.key_of(SALE, sale_recorded().customer_id) is None
