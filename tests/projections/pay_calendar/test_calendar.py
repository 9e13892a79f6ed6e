"""The pay periods of a scope, and the calendars on a real PostgreSQL."""

from datetime import date
from typing import Any

from domain.ids import calendar_id_of
from domain.messages import Event
from projections.pay_calendar.fold import PROJECTION, PayCalendar, Period
from projections.pay_calendar.queries import CALENDAR, CALENDARS, period_documents
from tests.domain.builders.money_commands import CLOSED_AT, OPENED_AT
from tests.domain.builders.money_events import pay_period_closed, pay_period_opened
from tests.projections.folding import columns_after, folded, state_after
from tests.projections.stored import stored

APRIL: dict[str, Any] = {
    "period_id": "2024-04",
    "starts_on": date(2024, 4, 1),
    "ends_on": date(2024, 4, 30),
}


def calendar_after(*events: Event) -> PayCalendar:
    return state_after(PROJECTION, *events)


def period_of(calendar: PayCalendar, period_id: str) -> Period | None:
    return next((period for period in calendar.periods if period.period_id == period_id), None)


def test_a_period_is_open_until_it_is_closed() -> None:
    opened = pay_period_opened(time_zone="Europe/Berlin")
    period = period_of(calendar_after(opened), "2024-03")
    assert period is not None
    assert (period.status, period.opened_at, period.time_zone) == ("open", OPENED_AT, "Europe/Berlin")
    period = period_of(calendar_after(opened, pay_period_closed()), "2024-03")
    assert period is not None
    assert (period.status, period.closed_at, period.opened_at) == ("closed", CLOSED_AT, OPENED_AT)


def test_closing_one_period_leaves_the_others_open() -> None:
    history = (pay_period_opened(), pay_period_opened(**APRIL), pay_period_closed())
    assert columns_after(PROJECTION, *history) == {
        "scope": "company",
        "open_periods": ["2024-04"],
        "closed_periods": ["2024-03"],
    }


def test_the_latest_period_is_answered_first() -> None:
    documents = period_documents(calendar_after(pay_period_opened(**APRIL), pay_period_opened()))
    assert [(document.period_id, document.scope) for document in documents] == [
        ("2024-04", "company"),
        ("2024-03", "company"),
    ]
    assert period_of(calendar_after(pay_period_opened()), "2024-04") is None


def test_calendars_are_read_by_scope(database_url: str) -> None:
    history = (pay_period_opened(scope="uptown"), pay_period_opened())
    with stored(database_url, folded(PROJECTION, *history)) as connection:
        rows = connection.execute(CALENDARS.encode()).fetchall()
        assert [PROJECTION.decode(state).scope for _, _, state in rows] == ["company", "uptown"]
        ((key, _, _),) = connection.execute(
            CALENDAR.encode(), {"calendar_id": calendar_id_of("uptown")}
        ).fetchall()
        assert key == calendar_id_of("uptown")
