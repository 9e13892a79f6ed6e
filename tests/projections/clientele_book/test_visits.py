"""Visits on a customer's page: days of which they kept something, however long ago they were."""

from datetime import timedelta

from domain.messages import Event
from domain.return_.events import ReturnAccepted
from domain.sale.events import SaleRecorded
from projections.clientele_book.fold import PROJECTION
from projections.clientele_book.page import PURCHASES_KEPT, CustomerPage
from tests.domain.builders.money_commands import CLARA, SOLD_AT
from tests.domain.builders.money_events import customer_detached, return_accepted, sale_recorded, sold_line
from tests.projections.folding import state_after

DAY = timedelta(days=1)
#: More than a page lists.
MANY = range(PURCHASES_KEPT + 3)


def bought(number: int) -> SaleRecorded:
    return sale_recorded(sale_id=f"sal_{number}", customer_id=CLARA, occurred_at=SOLD_AT + number * DAY)


def returned(number: int) -> ReturnAccepted:
    return return_accepted(return_id=f"ret_{number}", sale_id=f"sal_{number}", customer_id=CLARA)


def page_after(*events: Event) -> CustomerPage:
    return state_after(PROJECTION, *events)


def test_who_gives_everything_back_has_never_been_there() -> None:
    page = page_after(*map(bought, MANY), *map(returned, MANY))
    assert (page.visits, page.last_visit_at, page.net_spend_minor) == (0, None, 0)


def test_the_last_visit_is_the_last_of_which_something_is_kept() -> None:
    page = page_after(*map(bought, MANY), *map(returned, MANY[3:]))
    assert page.visits == 3
    assert page.last_visit_at is not None
    assert page.last_visit_at.date() == (SOLD_AT + 2 * DAY).date()


def test_a_sale_of_long_ago_is_taken_off_with_its_visit() -> None:
    off = customer_detached(sale_id="sal_0", sold_at=SOLD_AT, lines=(sold_line(),))
    page = page_after(*map(bought, MANY), off)
    assert page.visit_days[0] == (SOLD_AT + DAY).toordinal()
    assert page.visits == len(MANY) - 1
    assert page_after(*map(bought, MANY), off, bought(0)).visits == len(MANY)


def test_a_day_of_two_sales_is_a_visit_while_one_of_them_is_kept() -> None:
    morning, evening = (
        sale_recorded(sale_id=f"sal_{name}", customer_id=CLARA, occurred_at=SOLD_AT + timedelta(hours=hours))
        for name, hours in (("morning", 0), ("evening", 3))
    )
    back = return_accepted(return_id="ret_9", sale_id="sal_evening", customer_id=CLARA)
    later = [bought(number) for number in MANY[1:]][: PURCHASES_KEPT - 1]
    page = page_after(morning, evening, *later, back)
    assert [one.sale_id for one in page.earlier] == ["sal_morning"]
    assert page.visits == 1 + len(later)
