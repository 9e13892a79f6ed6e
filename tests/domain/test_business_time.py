"""When something happened, as far as it can have happened."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from domain.messages import Refused
from domain.policies import EARLIEST, business_time, given_id
from tests.domain.builders.people_commands import add_note, register_customer
from tests.domain.given import NOW, given


def test_what_says_no_time_happens_when_it_is_handled() -> None:
    assert business_time(add_note(occurred_at=None), NOW) == NOW


def test_a_time_anywhere_is_that_instant_in_utc() -> None:
    in_seattle = datetime(2024, 3, 5, 20, 30, tzinfo=timezone(timedelta(hours=-8)))
    told = business_time(add_note(occurred_at=in_seattle), NOW)
    assert told == in_seattle
    assert told.tzinfo is UTC


def test_a_till_may_be_a_little_ahead() -> None:
    ahead = NOW + timedelta(minutes=4)
    assert business_time(add_note(occurred_at=ahead), NOW) == ahead


@pytest.mark.parametrize(
    ("occurred_at", "code"),
    [
        (NOW + timedelta(minutes=6), "in_the_future"),
        (datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-12))), "in_the_future"),
        (EARLIEST - timedelta(seconds=1), "too_long_ago"),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), "too_long_ago"),
        (datetime(2024, 3, 5, 20, 30), "time_zone_missing"),  # noqa: DTZ001
    ],
)
def test_a_time_that_cannot_be_is_refused(occurred_at: datetime, code: str) -> None:
    refusal = given().refuses(register_customer(occurred_at=occurred_at))
    assert (refusal.code, refusal.field) == (code, "occurred_at")


def test_nothing_new_comes_into_being_without_an_identifier() -> None:
    with pytest.raises(Refused, match="customer_id"):
        given_id(None, "customer_id")
