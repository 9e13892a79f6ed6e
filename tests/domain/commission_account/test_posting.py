"""Which period a money event goes to."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.associate.commands import Tier
from domain.commission_account.events import CommissionClawedBack, StatementIssued
from tests.domain.builders.money_commands import (
    ANNA,
    OTHER_SALE,
    STORE,
    accept_return,
    change_pay_plan,
    issue_statement,
    pay_plan,
    record_hours,
    record_sale,
    transfer_associate,
)
from tests.domain.builders.money_events import (
    associate_hired,
    pay_period_closed,
    pay_period_opened,
    statement_issued,
)
from tests.domain.builders.people_events import store_opened
from tests.domain.given import Given, given


def period(month: int, **changes: Any) -> Any:
    """A month that ends on its 28th, so that there are days between."""
    return pay_period_opened(
        **{
            "period_id": f"2024-{month:02}",
            "starts_on": date(2024, month, 1),
            "ends_on": date(2024, month, 28),
            **changes,
        }
    )


FEBRUARY, MARCH, APRIL = period(2), period(3), period(4)


def goes_to(story: Given, day: int = 5) -> str | None:
    """The period a sale of a day in March goes to."""
    sold = record_sale(occurred_at=datetime(2024, 3, day, 12, 0, tzinfo=UTC))
    return story.when(sold)[1].period_id


def test_a_event_goes_to_the_period_of_its_day() -> None:
    assert goes_to(given(associate_hired(), FEBRUARY, MARCH, APRIL)) == "2024-03"
    assert goes_to(given(associate_hired(), FEBRUARY, MARCH), day=28) == "2024-03"
    assert goes_to(given(associate_hired(), FEBRUARY, MARCH), day=1) == "2024-03"


def test_what_is_dated_in_a_closed_period_goes_to_the_next_open_one() -> None:
    closed = pay_period_closed(period_id="2024-03")
    assert goes_to(given(associate_hired(), FEBRUARY, MARCH, APRIL, closed)) == "2024-04"
    later = period(5)
    assert goes_to(given(associate_hired(), later, FEBRUARY, MARCH, APRIL, closed)) == "2024-04"


def test_else_to_the_latest() -> None:
    closed = pay_period_closed(period_id="2024-03")
    assert goes_to(given(associate_hired(), FEBRUARY, MARCH, period(1), closed)) == "2024-02"


def test_else_to_none_and_the_next_statement_takes_it_in() -> None:
    assert goes_to(given(associate_hired(), MARCH, pay_period_closed(period_id="2024-03"))) is None


def test_without_a_calendar_it_goes_to_none_and_waits_for_no_day() -> None:
    earned = given(associate_hired()).when(record_sale())[1]
    assert (earned.period_id, earned.waits_for) == (None, None)


@pytest.mark.parametrize("opened", [(FEBRUARY,), (APRIL,), (FEBRUARY, APRIL)])
def test_what_is_dated_in_a_period_not_opened_yet_waits_for_it(opened: tuple[Any, ...]) -> None:
    """Whichever other one is open; and the answer says so."""
    shop = given(associate_hired(), *opened)
    earned = shop.when(record_sale())[1]
    assert (earned.period_id, earned.waits_for) == (None, date(2024, 3, 5))
    assert [warning.code for warning in shop.warns(record_sale())] == ["pay_period_not_opened"]
    story = shop.after(record_sale(), record_hours()).with_events(MARCH)
    story = story.with_events(*(pay_period_closed(period_id=p.period_id) for p in (*opened, MARCH)))
    issued = [
        story.after(issue_statement(period_id=p.period_id)).last(StatementIssued)
        for p in (*opened, MARCH)
        if p is not APRIL
    ]
    paid = {each.period_id: (each.earned_minor, each.minutes) for each in issued}
    assert (
        paid == {"2024-02": (0, 0), "2024-03": (675, 480)} if FEBRUARY in opened else {"2024-03": (675, 480)}
    )
    refusal = story.refuses(issue_statement(period_id="2024-04")) if APRIL in opened else None
    assert refusal is None or refusal.code == "earlier_statement_missing"


def test_what_waits_is_in_the_first_statement_that_reaches_its_day() -> None:
    """Nobody opens March: nothing is lost."""
    shop = given(associate_hired(), APRIL).after(record_sale())
    shop = shop.with_events(pay_period_closed(period_id="2024-04"))
    assert shop.after(issue_statement(period_id="2024-04")).last(StatementIssued).earned_minor == 675


def test_tiers_count_what_waits_for_the_period() -> None:
    tiered = pay_plan(rate_bp=500, tiers=(Tier(10_000, 1_000),))
    sale = record_sale(sale_id=OTHER_SALE)
    waiting = given(associate_hired(plan=tiered), FEBRUARY).after(record_sale())
    assert waiting.when(sale)[1].amount_minor == 1_000
    assert waiting.with_events(MARCH).when(sale)[1].amount_minor == 1_000
    elsewhere = waiting.with_events(MARCH, APRIL).when(
        record_sale(sale_id=OTHER_SALE, occurred_at=datetime(2024, 4, 5, tzinfo=UTC))
    )
    assert elsewhere[1].amount_minor == 500


def test_a_period_with_a_statement_never_gets_anything_either() -> None:
    assert goes_to(given(associate_hired(), MARCH, APRIL, statement_issued())) == "2024-04"


def test_the_day_is_the_one_on_the_shops_clock() -> None:
    at_night = record_sale(occurred_at=datetime(2024, 4, 1, 3, 30, tzinfo=UTC))
    march = period(3, ends_on=date(2024, 3, 31), time_zone="America/New_York")
    april = period(4, time_zone="America/New_York")
    assert given(associate_hired(), march, april).when(at_night)[1].period_id == "2024-03"


def test_without_a_calendar_the_day_is_the_one_on_the_stores_own_clock() -> None:
    """The plan of April has not begun in New York, and whoever is hired there on 1 March sells on it."""
    april = change_pay_plan(plan=pay_plan(rate_bp=1_000), effective_on=date(2024, 4, 1))
    shop = given(store_opened(), associate_hired(hired_on=date(2024, 3, 1))).after(april)
    at_night = record_sale(occurred_at=datetime(2024, 4, 1, 3, 30, tzinfo=UTC))
    assert shop.when(at_night)[1].amount_minor == 675
    in_utc_it_is_april = given(associate_hired()).after(april).when(at_night)
    assert in_utc_it_is_april[1].amount_minor == 1_000
    opening_night = record_sale(occurred_at=datetime(2024, 3, 1, 3, 30, tzinfo=UTC))
    [warning] = shop.warns(opening_night)
    assert (warning.code, "2024-02-29" in warning.message) == ("before_hiring", True)


def test_a_store_with_a_calendar_of_its_own_goes_by_it() -> None:
    own = period(3, scope=STORE, period_id="D-3")
    assert goes_to(given(associate_hired(), MARCH, own)) == "D-3"
    elsewhere = period(3, scope="uptown", period_id="U-3")
    assert goes_to(given(associate_hired(), MARCH, elsewhere)) == "2024-03"


def test_whoever_changes_stores_goes_by_the_new_ones_calendar_from_then_on() -> None:
    story = given(associate_hired(), MARCH, period(3, scope="uptown", period_id="U-3"))
    story = story.after(record_sale(), transfer_associate())
    clawed = story.after(accept_return()).last(CommissionClawedBack)
    assert clawed.period_id == "U-3"


def test_late_events_of_a_settled_period_go_on_to_the_next() -> None:
    story = given(associate_hired(), MARCH, APRIL).after(record_sale())
    story = story.with_events(pay_period_closed(period_id="2024-03")).after(issue_statement())
    clawed = story.after(accept_return()).last(CommissionClawedBack)
    assert clawed.period_id == "2024-04"
    account = story.states.account(ANNA)
    assert account is not None
    assert account.unsettled == {}
