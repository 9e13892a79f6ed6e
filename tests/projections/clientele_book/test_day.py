"""The reasons to reach out hold until they are said to change, at the day's end of any store."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.messages import Event
from projections.clientele_book.day import reasons_hold_until
from projections.clientele_book.fold import PROJECTION
from projections.clientele_book.today import today
from tests.domain.builders.money_events import sale_recorded
from tests.domain.builders.people_events import (
    contact_logged,
    contact_preference_set,
    follow_up_planned,
    occasion_recorded,
    wish_recorded,
)
from tests.projections.folding import state_after

START = datetime(2024, 2, 1, tzinfo=UTC)
ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "Pacific/Apia")

instants = st.integers(0, 90 * 86_400).map(lambda seconds: START + timedelta(seconds=seconds))
days = st.dates(date(2023, 12, 1), date(2024, 6, 1))
kinds = st.sampled_from(("birthday", "anniversary", "trip"))
purposes = st.sampled_from(("thank_you", "occasion", "lapsing", "wish"))


def at(event: Any, instant: datetime) -> Event:
    return replace(event, occurred_at=instant)


events: st.SearchStrategy[Event] = st.one_of(
    instants.map(lambda instant: at(sale_recorded(), instant)),
    st.tuples(instants, purposes).map(
        lambda given: at(contact_logged(purpose=given[1], answered=True), given[0])
    ),
    st.tuples(days, st.sampled_from((None, 1))).map(
        lambda given: follow_up_planned(due_on=given[0], wish_id=given[1])
    ),
    st.tuples(kinds, days).map(lambda given: occasion_recorded(kind=given[0], on=given[1])),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(events, max_size=8), instants, st.sampled_from(ZONES), st.lists(st.floats(0, 1), max_size=4))
def test_reasons_are_the_same_until_they_are_said_to_change(
    told: list[Event], moment: datetime, zone: str, within: list[float]
) -> None:
    ordered = sorted(told, key=lambda event: event.occurred_at)
    page = state_after(PROJECTION, contact_preference_set(), wish_recorded(), *ordered)
    as_of = moment.astimezone(ZoneInfo(zone))
    until = reasons_hold_until(page, as_of)
    assert moment < until <= moment + timedelta(hours=25)
    reasons, last = today(page, as_of), until - timedelta(microseconds=1)
    for instant in (last, *(moment + part * (last - moment) for part in within)):
        assert today(page, instant.astimezone(ZoneInfo(zone))) == reasons
