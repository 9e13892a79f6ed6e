"""Anyone reports anyone's act; nobody reports their own; the same deed told twice is linked, not refused."""

from datetime import UTC, date, datetime

import pytest

from domain.heroic_act.state import evolve, evolve_day
from domain.messages import Command, NotFound, UnknownEvent
from tests.domain.builders import people_commands as ask
from tests.domain.builders import people_events as events
from tests.domain.builders.money_commands import ANNA, BEN, CARL, CLARA, DORA, RETURN, SALE
from tests.domain.builders.money_events import (
    associate_hired,
    pay_period_opened,
    return_accepted,
    sale_recorded,
)
from tests.domain.given import given

EVA = "ass_" + "e" * 32
THIRD_ACT = "act_" + "3" * 32

STAFF = [associate_hired(associate_id=associate) for associate in (ANNA, BEN, CARL)]
KNOWN = given(*STAFF, events.customer_registered(), events.customer_registered(customer_id=DORA))
TOLD = KNOWN.with_events(events.heroic_act_reported(), events.heroic_day_opened())


def test_an_act_is_reported_and_its_day_opened() -> None:
    assert KNOWN.when(ask.report_heroic_act()) == [events.heroic_act_reported(), events.heroic_day_opened()]


def test_every_hero_of_an_act_gets_the_day() -> None:
    assert KNOWN.when(ask.report_heroic_act(heroes=(BEN, ANNA))) == [
        events.heroic_act_reported(heroes=(BEN, ANNA)),
        events.heroic_day_opened(BEN),
        events.heroic_day_opened(ANNA),
    ]


def test_everything_that_is_told_about_it_is_kept() -> None:
    story = KNOWN.with_events(sale_recorded(), return_accepted())
    [event, _] = story.when(
        ask.report_heroic_act(sale_id=SALE, return_id=RETURN, reporter="manager", currency="EUR")
    )
    assert event == events.heroic_act_reported(
        sale_id=SALE, return_id=RETURN, reporter="manager", currency="EUR"
    )


def test_an_act_is_for_the_customer_of_its_sale_or_return_where_nobody_is_named() -> None:
    story = KNOWN.with_events(
        sale_recorded(customer_id=DORA), return_accepted(sale_id=None, customer_id=CLARA)
    )
    for linked, customer_id in (({"sale_id": SALE}, DORA), ({"return_id": RETURN}, CLARA)):
        [event, *_] = story.when(ask.report_heroic_act(customer_id=None, **linked))
        assert event == events.heroic_act_reported(customer_id=customer_id, **linked)
    [event, *_] = story.when(ask.report_heroic_act(customer_id=CLARA, sale_id=SALE))
    assert event == events.heroic_act_reported(customer_id=CLARA, sale_id=SALE)
    walk_in = KNOWN.with_events(sale_recorded(customer_id=None))
    assert walk_in.when(ask.report_heroic_act(customer_id=None, sale_id=SALE)) == [
        events.heroic_act_reported(customer_id=None, sale_id=SALE)
    ]


def test_the_day_is_that_of_the_deed_where_none_is_named() -> None:
    [event, _] = KNOWN.when(ask.report_heroic_act(happened_on=None))
    assert event == events.heroic_act_reported(happened_on=ask.TOLD_AT.date())


def test_where_no_day_is_named_it_is_that_of_the_stores_clock() -> None:
    new_york = pay_period_opened(scope="fifth-avenue", time_zone="America/New_York")
    evening = datetime(2024, 3, 6, 2, 0, tzinfo=UTC)
    told = ask.report_heroic_act(happened_on=None, occurred_at=evening, store_id="fifth-avenue")
    [event, *_] = KNOWN.with_events(new_york).when(told)
    assert event == events.heroic_act_reported(
        occurred_at=evening, happened_on=date(2024, 3, 5), store_id="fifth-avenue"
    )
    hers = associate_hired(associate_id=BEN, store_id="fifth-avenue")
    story = given(
        hers, *(each for each in STAFF if each.associate_id != BEN), events.customer_registered(), new_york
    )
    [event, *_] = story.when(ask.report_heroic_act(happened_on=None, occurred_at=evening, store_id=None))
    assert event == events.heroic_act_reported(
        occurred_at=evening, happened_on=date(2024, 3, 5), store_id=None
    )


def test_nobody_reports_their_own_act() -> None:
    refusal = KNOWN.refuses(ask.report_heroic_act(reported_by=BEN))
    assert (refusal.code, refusal.field) == ("own_act", "reported_by")
    assert KNOWN.refuses(ask.report_heroic_act(heroes=(ANNA, BEN), reported_by=BEN)).code == "own_act"


def test_a_hero_is_named_once() -> None:
    refusal = KNOWN.refuses(ask.report_heroic_act(heroes=(BEN, ANNA, BEN)))
    assert (refusal.code, refusal.field) == ("hero_named_twice", "heroes[2]")


def test_an_act_of_the_day_after_tomorrow_is_not_reported() -> None:
    refusal = KNOWN.refuses(ask.report_heroic_act(happened_on=date(2024, 3, 8)))
    assert (refusal.code, refusal.field) == ("in_the_future", "happened_on")


def test_where_the_shop_is_it_may_be_tomorrow_already() -> None:
    assert KNOWN.when(ask.report_heroic_act(happened_on=date(2024, 3, 7))) != []


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (ask.report_heroic_act(heroes=(BEN, EVA)), "heroes[1]"),
        (ask.report_heroic_act(reported_by=EVA), "reported_by"),
        (ask.report_heroic_act(authorised_by=EVA), "authorised_by"),
        (ask.report_heroic_act(customer_id="cus_" + "9" * 32), "customer_id"),
        (ask.report_heroic_act(sale_id=SALE), "sale_id"),
        (ask.report_heroic_act(return_id=RETURN), "return_id"),
    ],
)
def test_whoever_and_whatever_is_named_exists(command: Command, field: str) -> None:
    refusal = KNOWN.refuses(command)
    assert isinstance(refusal, NotFound)
    assert refusal.field == field


def test_no_story_is_told_about_a_forgotten_customer() -> None:
    forgotten = KNOWN.with_events(events.customer_forgotten())
    assert forgotten.refuses(ask.report_heroic_act()).code == "customer_forgotten"


def test_nor_where_only_the_sale_says_whom_it_is_about() -> None:
    sold = KNOWN.with_events(sale_recorded(customer_id=CLARA), events.customer_forgotten())
    refusal = sold.refuses(ask.report_heroic_act(customer_id=None, sale_id=SALE))
    assert refusal.code == "customer_forgotten"


def test_an_act_is_reported_once_under_its_number() -> None:
    refusal = TOLD.refuses(ask.report_heroic_act())
    assert (refusal.code, refusal.field) == ("already_exists", "act_id")


def test_the_same_hero_customer_and_day_are_linked_to_the_first_report() -> None:
    second = ask.report_heroic_act(act_id=ask.OTHER_ACT, kind="other", reported_by=ANNA)
    assert TOLD.when(second) == [
        events.heroic_act_reported(act_id=ask.OTHER_ACT, kind="other", reported_by=ANNA, duplicate_of=ask.ACT)
    ]


def test_a_third_report_is_linked_to_the_first_as_well() -> None:
    twice = TOLD.after(ask.report_heroic_act(act_id=ask.OTHER_ACT))
    [third] = twice.when(ask.report_heroic_act(act_id=THIRD_ACT))
    assert third == events.heroic_act_reported(act_id=THIRD_ACT, duplicate_of=ask.ACT)


@pytest.mark.parametrize(
    "otherwise",
    [
        {"heroes": (ANNA,)},
        {"customer_id": DORA},
        {"happened_on": date(2024, 3, 5)},
        {"customer_id": None},
    ],
)
def test_another_hero_customer_or_day_is_another_act(otherwise: dict[str, object]) -> None:
    [event, *_] = TOLD.when(ask.report_heroic_act(act_id=ask.OTHER_ACT, **otherwise))
    assert event == events.heroic_act_reported(act_id=ask.OTHER_ACT, **otherwise)


def test_two_customers_nobody_knows_are_not_taken_for_one() -> None:
    stranger = KNOWN.after(ask.report_heroic_act(customer_id=None))
    assert stranger.when(ask.report_heroic_act(act_id=ask.OTHER_ACT, customer_id=None)) == [
        events.heroic_act_reported(act_id=ask.OTHER_ACT, customer_id=None)
    ]


def test_a_linked_report_opens_no_day_so_its_other_heroes_can_be_reported() -> None:
    mixed = TOLD.after(ask.report_heroic_act(act_id=ask.OTHER_ACT, heroes=(BEN, ANNA)))
    assert mixed.when(ask.report_heroic_act(act_id=THIRD_ACT, heroes=(ANNA,))) == [
        events.heroic_act_reported(act_id=THIRD_ACT, heroes=(ANNA,)),
        events.heroic_day_opened(ANNA, act_id=THIRD_ACT),
    ]


def test_a_report_that_was_rejected_or_revoked_holds_its_day_no_longer() -> None:
    for not_standing in (
        TOLD.after(ask.reject_heroic_act()),
        TOLD.after(ask.verify_heroic_act(), ask.revoke_heroic_act()),
    ):
        assert not_standing.when(ask.report_heroic_act(act_id=ask.OTHER_ACT)) == [
            events.heroic_act_reported(act_id=ask.OTHER_ACT),
            events.heroic_day_opened(act_id=ask.OTHER_ACT),
        ]


def test_evolve_of_acts_and_days_refuses_other_events() -> None:
    told = evolve(None, events.heroic_act_reported())
    for state, event in (
        (told, sale_recorded()),
        (told, events.heroic_act_reported()),
        (None, events.heroic_act_verified()),
    ):
        with pytest.raises(UnknownEvent):
            evolve(state, event)
    with pytest.raises(UnknownEvent):
        evolve_day(None, events.heroic_act_reported())


def test_the_heros_customer_is_named_in_the_event() -> None:
    [event, _] = KNOWN.when(ask.report_heroic_act())
    assert event == events.heroic_act_reported(customer_id=CLARA)
