"""Pay periods are opened and closed; the calendar keeps no money."""

from datetime import date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from domain.commission_account.events import CommissionEarned
from domain.pay_period.events import StatementsBegun
from tests.domain.builders.money_commands import (
    BEN,
    STORE,
    close_pay_period,
    issue_statement,
    open_pay_period,
    record_sale,
    reopen_pay_period,
)
from tests.domain.builders.money_events import (
    associate_hired,
    pay_period_closed,
    pay_period_opened,
    pay_period_reopened,
    statements_begun,
)
from tests.domain.builders.people_events import store_opened
from tests.domain.given import given

MARCH = given(pay_period_opened(time_zone="America/New_York"))


def april(**changes: Any) -> Any:
    return open_pay_period(
        **{"period_id": "2024-04", "starts_on": date(2024, 4, 1), "ends_on": date(2024, 4, 30), **changes}
    )


def test_a_period_is_opened_and_closed() -> None:
    assert given().when(open_pay_period()) == [pay_period_opened()]
    assert given(pay_period_opened()).when(close_pay_period()) == [pay_period_closed()]


def test_closing_again_changes_nothing() -> None:
    assert given(pay_period_opened(), pay_period_closed()).when(close_pay_period()) == []


@pytest.mark.parametrize("at", ["2024-03-05T12:00Z", "2024-03-30T12:00Z", "2024-03-31T03:30Z"])
def test_a_period_is_not_closed_before_its_last_day_unless_early(at: str) -> None:
    """By the shop's clock: half past three in UTC is half past eleven of the day before in New York."""
    too_soon = close_pay_period(occurred_at=datetime.fromisoformat(at))
    refusal = MARCH.refuses(too_soon)
    assert (refusal.code, refusal.field) == ("period_not_over", "period_id")
    assert "2024-03-31" in refusal.message
    assert MARCH.when(replace(too_soon, early=True))[0].early is True
    in_the_evening = close_pay_period(occurred_at=datetime.fromisoformat("2024-03-31T22:00Z"))
    assert MARCH.when(in_the_evening)[0].early is False


def test_a_period_closed_by_mistake_is_opened_again() -> None:
    sold = given(associate_hired(), pay_period_opened()).after(close_pay_period())
    assert sold.after(record_sale()).last(CommissionEarned).period_id is None
    assert sold.when(reopen_pay_period()) == [pay_period_reopened()]
    reopened = sold.after(reopen_pay_period())
    assert reopened.after(record_sale()).last(CommissionEarned).period_id == "2024-03"
    assert reopened.refuses(issue_statement()).code == "pay_period_open"
    assert reopened.when(reopen_pay_period()) == []
    assert reopened.when(close_pay_period()) == [pay_period_closed()]


def test_a_period_stays_closed_once_a_statement_of_it_is_issued() -> None:
    staff = (associate_hired(), associate_hired(associate_id=BEN))
    story = given(*staff, pay_period_opened()).after(close_pay_period(), issue_statement())
    assert story.events[-1] == statements_begun()
    assert story.refuses(reopen_pay_period()).code == "statement_issued"
    assert StatementsBegun not in map(type, story.when(issue_statement(associate_id=BEN)))


def test_a_period_that_an_older_version_closed_stays_closed() -> None:
    """Nobody has noted whether its statements are issued."""
    closed = given(pay_period_opened(), pay_period_closed(reopenable=False))
    assert closed.refuses(reopen_pay_period()).code == "statement_issued"


def test_a_period_is_not_opened_again_in_the_time_zone_of_before() -> None:
    moved = MARCH.with_events(pay_period_closed()).after(april())
    assert moved.refuses(reopen_pay_period()).code == "time_zone_differs"


def test_a_store_may_keep_a_calendar_of_its_own() -> None:
    opened = MARCH.when(open_pay_period(scope=STORE))
    assert opened == [pay_period_opened(scope=STORE)]


def test_a_calendar_that_is_not_its_stores_is_warned_of() -> None:
    """The scope is misspelt, or the time zone was left out."""
    own = open_pay_period(scope=STORE, period_id="D-1")
    [unknown] = given().warns(own)
    assert (unknown.code, unknown.field) == ("store_unknown", "scope")
    [differs] = given(store_opened()).warns(own)
    assert (differs.code, differs.field) == ("time_zone_differs", "time_zone")
    assert given(store_opened()).warns(replace(own, time_zone="America/New_York")) == []
    assert given().warns(open_pay_period()) == []


def test_a_period_of_one_day_is_a_period() -> None:
    day = date(2024, 4, 1)
    opened = given().when(april(ends_on=day))
    assert (opened[0].starts_on, opened[0].ends_on) == (day, day)


NEW_YORK = {"time_zone": "America/New_York"}


@pytest.mark.parametrize(
    ("command", "code", "field"),
    [
        (open_pay_period(**NEW_YORK), "already_exists", "period_id"),
        (april(ends_on=date(2024, 3, 31), **NEW_YORK), "ends_before_start", "ends_on"),
        (april(starts_on=date(2024, 3, 31), **NEW_YORK), "periods_overlap", "starts_on"),
        (april(starts_on=date(2024, 2, 1), **NEW_YORK), "periods_overlap", "starts_on"),
        (april(time_zone="Europe/Atlantis"), "time_zone_unknown", "time_zone"),
        (april(time_zone="../etc/passwd"), "time_zone_unknown", "time_zone"),
        (april(time_zone="Europe"), "time_zone_unknown", "time_zone"),
        (april(time_zone="UTC"), "time_zone_differs", "time_zone"),
        (close_pay_period(period_id="2024-04"), "pay_period_unknown", "period_id"),
        (reopen_pay_period(period_id="2024-04"), "pay_period_unknown", "period_id"),
        (close_pay_period(scope=STORE), "pay_period_unknown", "period_id"),
    ],
)
def test_a_calendar_refuses_what_it_could_not_keep(command: Any, code: str, field: str) -> None:
    refusal = MARCH.refuses(command)
    assert (refusal.code, refusal.field) == (code, field)


def test_a_calendar_keeps_its_time_zone_as_long_as_any_period_is_open() -> None:
    one_is_closed = MARCH.after(april(**NEW_YORK)).with_events(pay_period_closed())
    may = april(period_id="2024-05", starts_on=date(2024, 5, 1), ends_on=date(2024, 5, 31))
    assert one_is_closed.refuses(may).code == "time_zone_differs"


def test_a_calendar_may_move_to_another_time_zone_once_everything_is_closed() -> None:
    assert MARCH.with_events(pay_period_closed()).when(april())[0].time_zone == "UTC"
