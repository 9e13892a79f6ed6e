"""Whom to reach out to and why: each rule, and who is never listed."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.customer.occasions import next_celebration
from domain.messages import Event
from domain.stock_arrival.events import ArrivedItem
from projections.clientele_book.fold import PROJECTION
from projections.clientele_book.page import CustomerPage
from projections.clientele_book.today import NEAR_DAYS, Reader, Reason, calls, today
from projections.rhythm import lapsing_after_days, usual_gap_days
from tests.domain.builders.money_commands import ANNA, BEN, CARL, CLARA, DORA, SALE, SHOES, SOLD_AT
from tests.domain.builders.money_events import return_accepted, sale_recorded, sold_line
from tests.domain.builders.people_commands import MET_AT, sealed
from tests.domain.builders.people_events import (
    contact_logged,
    contact_preference_set,
    customer_forgotten,
    customer_registered,
    customers_merged,
    follow_up_completed,
    follow_up_planned,
    occasion_recorded,
    owner_assigned,
    wish_fulfilled,
    wish_recorded,
)
from tests.projections.folding import state_after

DAY = timedelta(days=1)
AGREED = contact_preference_set()
ARRIVED = ArrivedItem(sku=SHOES, label="Alden", size="9")


def page_of(*events: Event) -> CustomerPage:
    """Her page, once she has agreed to be texted."""
    return state_after(PROJECTION, AGREED, *events)


def kinds(page: CustomerPage, as_of: datetime, *arrivals: ArrivedItem) -> list[str]:
    return [reason.kind for reason in today(page, as_of, arrivals)]


def bought(at: datetime, sale_id: str = SALE) -> Event:
    return sale_recorded(occurred_at=at, sale_id=sale_id, customer_id=CLARA)


# --- whoever is listed, or not ------------------------------------------------------------------------------


def test_nobody_is_listed_who_agreed_to_no_channel_but_for_what_was_promised() -> None:
    promised, birthday = follow_up_planned(due_on=date(2024, 3, 4)), occasion_recorded(on=date(1970, 3, 9))
    assert kinds(page_of(promised, birthday), MET_AT) == ["follow_up_due", "occasion"]
    silent = state_after(PROJECTION, promised, birthday)
    refused = page_of(promised, birthday, contact_preference_set(allowed=False))
    for page in (silent, refused):
        (call,) = calls([page], MET_AT)
        assert [reason.kind for reason in call.reasons] == ["follow_up_due"]
        assert (call.channels, call.no_channel_agreed) == ((), True)
    assert not calls([page_of(promised)], MET_AT)[0].no_channel_agreed


def test_a_promise_is_on_the_list_of_whoever_made_it_and_of_nobody_else() -> None:
    bens = follow_up_planned(due_on=date(2024, 3, 4), associate_id=BEN)
    page = page_of(owner_assigned(), bens, occasion_recorded(on=date(1970, 3, 9)))
    both_work = frozenset({ANNA, BEN})

    def listed(who: str, keepers: frozenset[str] = both_work) -> list[str]:
        return [reason.kind for reason in today(page, MET_AT, reader=Reader(who, keepers))]

    assert listed(BEN) == ["follow_up_due"]
    assert listed(ANNA) == ["occasion"]
    assert listed(CARL) == []
    assert listed(ANNA, frozenset()) == ["follow_up_due", "occasion"], "Ben has left: it is the owner's"


def test_goods_that_came_for_a_wish_are_promised_without_a_channel_too() -> None:
    arrived = follow_up_planned(due_on=date(2024, 3, 4), wish_id=1)
    page = state_after(PROJECTION, owner_assigned(), wish_recorded(), arrived)
    assert [reason.kind for reason in today(page, MET_AT, reader=Reader(ANNA))] == ["stock_arrived"]
    assert today(state_after(PROJECTION, owner_assigned(), wish_recorded()), MET_AT, [ARRIVED]) == []


def test_the_channels_of_a_call_are_those_agreed_to() -> None:
    page = page_of(
        contact_preference_set(channel="call", allowed=False),
        contact_preference_set(channel="write"),
        follow_up_planned(due_on=date(2024, 3, 4)),
    )
    (call,) = calls([page], MET_AT)
    assert call.channels == ("text", "write")


def test_nobody_is_listed_who_was_forgotten_or_is_read_as_a_part_of_another_record() -> None:
    promised = follow_up_planned(due_on=date(2024, 3, 4))
    assert today(page_of(promised, customer_forgotten(), AGREED, promised), MET_AT) == []
    (merged, _) = customers_merged(survives=False)
    assert today(page_of(promised, merged), MET_AT) == []


def test_nothing_to_say_is_nothing_to_list() -> None:
    assert calls([page_of(customer_registered())], MET_AT) == []


def test_the_most_valuable_come_first_by_net_spend_or_by_score() -> None:
    def somebody(customer_id: str, net_minor: int) -> CustomerPage:
        sale = sale_recorded(sold_line(net_minor=net_minor), customer_id=customer_id, occurred_at=MET_AT)
        return state_after(PROJECTION, contact_preference_set(customer_id=customer_id), sale)

    pages = [somebody(CLARA, 100), somebody(DORA, 900), somebody("cus_3", 100)]
    as_of = MET_AT + DAY
    assert [call.customer_id for call in calls(pages, as_of)] == [DORA, CLARA, "cus_3"]
    scores = {CLARA: 20, DORA: 20, "cus_3": 700}
    by_score = calls(pages, as_of, scores=scores)
    assert [(call.customer_id, call.value) for call in by_score] == [("cus_3", 700), (DORA, 20), (CLARA, 20)]


# --- stock arrived for a wish -------------------------------------------------------------------------------


def test_a_follow_up_for_a_wish_says_that_it_came_in() -> None:
    arrived = follow_up_planned(due_on=date(2024, 3, 4), wish_id=1, reason=sealed("reason"))
    assert today(page_of(wish_recorded(), arrived), MET_AT) == [
        Reason(
            kind="stock_arrived",
            on=date(2024, 3, 4),
            wish_id=1,
            follow_up_id=1,
            associate_id=ANNA,
            text=sealed("reason"),
            label="Alden",
            sku=SHOES,
            size="9",
            note=sealed("note"),
        )
    ]


def test_a_wish_that_came_true_otherwise_needs_no_call() -> None:
    arrived = follow_up_planned(due_on=date(2024, 3, 4), wish_id=1)
    assert kinds(page_of(wish_recorded(), arrived, wish_fulfilled()), MET_AT) == []
    assert kinds(page_of(wish_recorded(), arrived, follow_up_completed()), MET_AT) == []


def test_goods_just_arrived_count_before_there_is_a_follow_up_and_once_only() -> None:
    wished = wish_recorded(label="Alden", sku=None, size="9")
    assert kinds(page_of(wished), MET_AT, ARRIVED) == ["stock_arrived"]
    planned = follow_up_planned(due_on=date(2024, 3, 4), wish_id=1)
    assert kinds(page_of(wished, planned), MET_AT, ARRIVED) == ["stock_arrived"]
    promised_later = follow_up_planned(due_on=date(2024, 4, 4), wish_id=1)
    assert kinds(page_of(wished, promised_later), MET_AT, ARRIVED) == ["stock_arrived"]


def test_everything_a_wish_names_must_have_come() -> None:
    wished = wish_recorded(label="Alden", sku=None, size="10")
    assert kinds(page_of(wished), MET_AT, ARRIVED) == []
    only_a_note = wish_recorded(label=None, sku=None, size=None)
    assert kinds(page_of(only_a_note), MET_AT, ARRIVED) == []


# --- a promised follow-up is due ----------------------------------------------------------------------------


def test_a_promise_is_due_on_its_day_and_until_it_is_kept() -> None:
    promised = follow_up_planned(due_on=date(2024, 3, 18))
    assert kinds(page_of(promised), datetime.fromisoformat("2024-03-17T23:59:59Z")) == []
    assert kinds(page_of(promised), datetime.fromisoformat("2024-03-18T00:00:00Z")) == ["follow_up_due"]
    assert kinds(page_of(promised), datetime.fromisoformat("2024-05-01T00:00:00Z")) == ["follow_up_due"]
    kept = follow_up_completed()
    assert kinds(page_of(promised, kept), datetime.fromisoformat("2024-05-01T00:00:00Z")) == []


# --- an occasion is near ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "listed"),
    [
        ("2024-05-02", False),
        ("2024-05-03", True),
        ("2024-05-17", True),
        ("2024-05-18", False),
        ("2031-05-10", True),
    ],
)
def test_a_birthday_is_near_for_two_weeks_in_every_year(day: str, listed: bool) -> None:
    page = page_of(occasion_recorded(kind="birthday", on=date(1970, 5, 17)))
    assert kinds(page, datetime.fromisoformat(f"{day}T12:00:00Z")) == (["occasion"] if listed else [])


def test_a_birthday_at_new_year_is_seen_from_the_old_one() -> None:
    page = page_of(occasion_recorded(kind="birthday", on=date(1970, 1, 3)))
    (reason,) = today(page, datetime.fromisoformat("2024-12-27T12:00:00Z"))
    assert (reason.on, reason.occasion) == (date(2025, 1, 3), "birthday")


def test_a_trip_comes_once() -> None:
    page = page_of(occasion_recorded(kind="trip", on=date(2024, 7, 1)))
    assert kinds(page, datetime.fromisoformat("2024-06-20T12:00:00Z")) == ["occasion"]
    assert kinds(page, datetime.fromisoformat("2025-06-20T12:00:00Z")) == []


@pytest.mark.parametrize(
    ("day", "celebrated"),
    [("2023-02-20", "2023-02-28"), ("2024-02-20", "2024-02-29"), ("2024-03-01", "2025-02-28")],
)
def test_the_29th_of_february_is_kept_on_the_28th_in_other_years(day: str, celebrated: str) -> None:
    assert next_celebration(date(1984, 2, 29), date.fromisoformat(day)) == date.fromisoformat(celebrated)


def test_a_wedding_planned_for_next_year_is_not_celebrated_this_year() -> None:
    page = page_of(occasion_recorded(kind="anniversary", on=date(2025, 5, 17)))
    assert kinds(page, datetime.fromisoformat("2024-05-10T12:00:00Z")) == []
    assert kinds(page, datetime.fromisoformat("2025-05-10T12:00:00Z")) == ["occasion"]


def test_an_occasion_with_a_contact_needs_no_second_call_until_it_returns() -> None:
    page = page_of(
        occasion_recorded(kind="birthday", on=date(1970, 5, 17)),
        contact_logged(purpose="occasion", occurred_at=datetime.fromisoformat("2024-05-04T12:00:00Z")),
    )
    assert kinds(page, datetime.fromisoformat("2024-05-10T12:00:00Z")) == []
    assert kinds(page, datetime.fromisoformat("2025-05-10T12:00:00Z")) == ["occasion"]


def test_a_contact_ticks_off_the_occasion_that_it_was_about_and_no_other() -> None:
    birthday = occasion_recorded(on=date(1970, 5, 17))
    trip = occasion_recorded(occasion_id=2, kind="trip", on=date(2024, 5, 20))
    at = datetime.fromisoformat("2024-05-10T12:00:00Z")

    def still(**contact: Any) -> list[int | None]:
        called = contact_logged(purpose="occasion", occurred_at=at, **contact)
        return [reason.occasion_id for reason in today(page_of(birthday, trip, called), at + DAY)]

    assert still(occasion_id=2) == [1]
    assert still(occasion_id=1) == [2]
    assert still() == [2], "without a number it was the next one"
    assert still(occasion_id=1, answered=False) == [1, 2]
    assert still(occasion_id=1, answered=False, channel="write") == [2]


# --- a purchase without a thank-you -------------------------------------------------------------------------


def test_a_recent_purchase_waits_for_a_thank_you_for_two_weeks() -> None:
    page = page_of(bought(SOLD_AT))
    assert kinds(page, SOLD_AT) == ["thank_you"]
    assert kinds(page, SOLD_AT + NEAR_DAYS * DAY) == ["thank_you"]
    assert kinds(page, SOLD_AT + NEAR_DAYS * DAY + timedelta(seconds=1)) == []
    assert kinds(page, SOLD_AT - timedelta(seconds=1)) == []


def test_a_thank_you_counts_only_for_what_was_bought_before_it() -> None:
    thanked = contact_logged(purpose="thank_you", occurred_at=SOLD_AT + DAY)
    assert kinds(page_of(bought(SOLD_AT), thanked), SOLD_AT + 2 * DAY) == []
    again = bought(SOLD_AT + 2 * DAY, "sal_again")
    (reason,) = today(page_of(bought(SOLD_AT), thanked, again), SOLD_AT + 3 * DAY)
    assert (reason.kind, reason.sale_id) == ("thank_you", "sal_again")


def test_another_contact_is_no_thank_you() -> None:
    called = contact_logged(purpose="wish", occurred_at=SOLD_AT + DAY)
    assert kinds(page_of(bought(SOLD_AT), called), SOLD_AT + 2 * DAY) == ["thank_you"]


def test_nobody_is_thanked_for_what_all_came_back() -> None:
    page = page_of(bought(SOLD_AT), return_accepted(customer_id=CLARA))
    assert kinds(page, SOLD_AT + 5 * DAY) == []


# --- a customer is lapsing ----------------------------------------------------------------------------------


def visits(*days: int) -> list[Event]:
    return [bought(SOLD_AT + day * DAY, f"sal_{day}") for day in days]


def test_a_customer_silent_for_longer_than_their_own_rhythm_is_lapsing() -> None:
    page = page_of(*visits(0, 30, 60, 90, 120, 150))
    assert usual_gap_days(page.visit_days) == 48
    assert lapsing_after_days(page.visit_days) == 72
    assert kinds(page, SOLD_AT + (150 + 72) * DAY) == []
    (reason,) = today(page, SOLD_AT + (150 + 73) * DAY)
    assert (reason.kind, reason.silent_days, reason.usual_days) == ("lapsing", 73, 72)
    assert reason.on == (SOLD_AT + 150 * DAY).date()


def test_the_last_visit_is_on_the_day_of_the_store_s_time_zone() -> None:
    new_york = ZoneInfo("America/New_York")
    # Eight in the evening there, one in the morning of the next day by UTC.
    evening = datetime(2026, 1, 20, 20, tzinfo=new_york)
    page = page_of(*(bought(evening - days * DAY, f"sal_{days}") for days in (60, 30, 0)))
    (reason,) = today(page, evening + 200 * DAY)
    assert (reason.kind, reason.on, reason.silent_days) == ("lapsing", date(2026, 1, 20), 200)
    (reason,) = today(page, (evening + 200 * DAY).astimezone(UTC))
    assert (reason.kind, reason.on, reason.silent_days) == ("lapsing", date(2026, 1, 21), 200)


def test_two_visits_are_no_rhythm() -> None:
    assert usual_gap_days([1, 2]) is None
    assert kinds(page_of(*visits(0, 1)), SOLD_AT + 2_000 * DAY) == []


def test_a_few_quick_visits_raise_no_alarm() -> None:
    page = page_of(*visits(0, 1, 2))
    assert kinds(page, SOLD_AT + 40 * DAY) == []


def test_a_yearly_customer_is_given_a_year() -> None:
    assert usual_gap_days([0, 365, 730]) == 365
    page = page_of(*visits(0, 365, 730))
    assert kinds(page, SOLD_AT + (730 + 400) * DAY) == []
    assert kinds(page, SOLD_AT + (730 + 600) * DAY) == ["lapsing"]


def test_one_long_absence_does_not_stretch_the_rhythm() -> None:
    regular, once_away = [0, 30, 60, 90, 120, 150], [0, 30, 60, 90, 120, 700]
    assert usual_gap_days(once_away) == usual_gap_days(regular)


def test_once_contacted_about_it_customers_are_given_as_long_again() -> None:
    silent = SOLD_AT + 300 * DAY
    reached = contact_logged(purpose="lapsing", occurred_at=silent)
    page = page_of(*visits(0, 30, 60, 90, 120, 150), reached)
    assert kinds(page, silent + 72 * DAY) == []
    assert kinds(page, silent + 73 * DAY) == ["lapsing"]
