"""Which period a money event goes to."""

from datetime import UTC, date, datetime
from typing import Any

from domain.commission_account.events import CommissionClawedBack
from tests.domain.builders.money_commands import (
    ANNA,
    STORE,
    accept_return,
    issue_statement,
    record_sale,
    transfer_associate,
)
from tests.domain.builders.money_events import (
    associate_hired,
    pay_period_closed,
    pay_period_opened,
    statement_issued,
)
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


def test_else_to_the_next_one() -> None:
    assert goes_to(given(associate_hired(), FEBRUARY, MARCH, APRIL), day=29) == "2024-04"
    later = period(5)
    assert goes_to(given(associate_hired(), later, FEBRUARY, APRIL)) == "2024-04"


def test_else_to_the_latest() -> None:
    january = period(1)
    assert goes_to(given(associate_hired(), FEBRUARY, january)) == "2024-02"


def test_else_to_none_and_the_next_statement_takes_it_in() -> None:
    assert goes_to(given(associate_hired())) is None


def test_a_closed_period_never_gets_anything() -> None:
    closed = pay_period_closed(period_id="2024-03")
    assert goes_to(given(associate_hired(), FEBRUARY, MARCH, APRIL, closed)) == "2024-04"
    assert goes_to(given(associate_hired(), MARCH, closed)) is None


def test_a_period_with_a_statement_never_gets_anything_either() -> None:
    assert goes_to(given(associate_hired(), MARCH, APRIL, statement_issued())) == "2024-04"


def test_the_day_is_the_one_on_the_shops_clock() -> None:
    at_night = record_sale(occurred_at=datetime(2024, 4, 1, 3, 30, tzinfo=UTC))
    march = period(3, ends_on=date(2024, 3, 31), time_zone="America/New_York")
    april = period(4, time_zone="America/New_York")
    assert given(associate_hired(), march, april).when(at_night)[1].period_id == "2024-03"


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
