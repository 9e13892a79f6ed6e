"""What was due follows every correction: of sales, owners, records, people and of the standards."""

from datetime import date

import msgspec
import pytest

from domain.customer.events import (
    ContactLogged,
    ContactPreferenceSet,
    ContactRemoved,
    CustomersMerged,
    CustomersUnmerged,
    FollowUpCancelled,
    WishFulfilled,
    WishWithdrawn,
)
from domain.heroic_act.events import HeroicActRevoked
from domain.messages import Event
from domain.service_standard.events import ServiceStandardWithdrawn
from tests.domain.builders.money_commands import ANNA, BEN, CARL, CLARA, DORA, STORE
from tests.domain.builders.money_events import (
    associate_left,
    customer_attached,
    customer_detached,
    return_accepted,
    return_matched,
    return_unmatched,
    sold_line,
)
from tests.domain.builders.people_events import (
    contact_removed,
    follow_up_reopened,
    primary_owner_removed,
    wish_reopened,
)
from tests.projections.service_standards.shop import (
    COMPANY,
    EMIL,
    FLORA,
    GINA,
    act,
    answer,
    at,
    contact,
    forgotten,
    handed_over,
    kept,
    owned,
    promise,
    retold,
    sale,
    standard,
    told,
)

END, MAY = at("2026-06-30"), at("2026-05-01")
#: Due until the 7th of March.
EMILS = sale(EMIL, "2026-03-04", 3)


def thanked(*events: Event) -> list[tuple[str, str]]:
    return told(answer((*COMPANY, *events), END), "thank_you")


def test_goods_that_all_came_back_are_thanked_for_no_more() -> None:
    back = return_accepted(occurred_at=at("2026-03-20"), sale_id=EMILS.sale_id, customer_id=EMIL)
    assert thanked(EMILS) == [("Ben", "missed")]
    assert thanked(EMILS, back) == []
    two = sale(EMIL, "2026-03-04", 3, lines=(sold_line(quantity=2, net_minor=20_000),))
    assert thanked(two, back) == [("Ben", "missed")], "one pair is kept"


def test_a_match_and_its_unmatching_are_followed() -> None:
    matched = return_matched(occurred_at=at("2026-03-20"), sale_id=EMILS.sale_id, customer_id=EMIL)
    unmatched = return_unmatched(occurred_at=at("2026-03-21"), sale_id=EMILS.sale_id, customer_id=EMIL)
    assert thanked(EMILS, matched) == []
    assert thanked(EMILS, matched, unmatched) == [("Ben", "missed")]


def test_a_sale_on_the_wrong_customer_is_due_to_the_right_one() -> None:
    """From the day on which it was known whose it was, as is a walk-in's."""
    wrong = customer_detached(
        occurred_at=at("2026-03-20"), sale_id=EMILS.sale_id, customer_id=EMIL, sold_at=EMILS.occurred_at
    )
    right = customer_attached(
        occurred_at=at("2026-03-20"), sale_id=EMILS.sale_id, customer_id=CLARA, sold_at=EMILS.occurred_at
    )
    found = answer((*COMPANY, EMILS, wrong, right), END)
    assert told(found, "thank_you") == [("Anna", "missed")]
    assert found[0].due_on == date(2026, 3, 23)
    again = customer_attached(
        occurred_at=at("2026-03-22"), sale_id=EMILS.sale_id, customer_id=EMIL, sold_at=EMILS.occurred_at
    )
    assert thanked(EMILS, wrong, again) == [("Ben", "missed")]


@pytest.mark.parametrize(
    ("day", "whose"), [("2026-03-06", "Anna"), ("2026-03-09", "Ben")], ids=["while open", "when missed"]
)
def test_what_is_open_goes_with_the_book_and_what_was_missed_stays(day: str, whose: str) -> None:
    assert thanked(EMILS, handed_over(EMIL, ANNA, day)) == [(whose, "missed")]


def test_what_was_kept_stays_with_whoever_kept_it() -> None:
    thanks = contact(EMIL, "thank_you", "2026-03-05", BEN)
    assert thanked(EMILS, thanks, handed_over(EMIL, ANNA, "2026-03-06")) == [("Ben", "kept")]


def test_a_promise_of_a_leaver_is_the_owners() -> None:
    made = promise(CLARA, 1, "2026-03-02", "2026-03-06", BEN)
    left = associate_left(associate_id=BEN, occurred_at=at("2026-03-04"), left_on=date(2026, 3, 4))
    assert told(answer((*COMPANY, made), END), "promise_kept") == [("Ben", "missed")]
    assert told(answer((*COMPANY, made, left), END), "promise_kept") == [("Anna", "missed")]
    soon = promise(CLARA, 1, "2026-03-02", "2026-03-03", BEN)
    assert told(answer((*COMPANY, soon, left), END), "promise_kept") == [("Ben", "missed")]


def merge(day: str, survivor: str, part: str) -> tuple[CustomersMerged, ...]:
    sides = ((survivor, part, True), (part, survivor, False))
    return tuple(
        CustomersMerged(occurred_at=at(day), customer_id=of, other_customer_id=other, survives=survives)
        for of, other, survives in sides
    )


def unmerge(day: str, survivor: str, part: str) -> tuple[CustomersUnmerged, ...]:
    return tuple(
        msgspec.convert(msgspec.to_builtins(event), CustomersUnmerged) for event in merge(day, survivor, part)
    )


def test_records_of_one_person_are_thanked_once_for_all_of_them() -> None:
    thanks = contact(CLARA, "thank_you", "2026-03-06", ANNA)
    merged = merge("2026-03-05", CLARA, EMIL)
    assert thanked(EMILS, *merged, thanks) == [("Anna", "kept")]
    assert thanked(EMILS, *merged, thanks, *unmerge("2026-03-20", CLARA, EMIL)) == [("Ben", "missed")]


def test_what_was_settled_before_a_merge_stays_whose_it_was() -> None:
    assert thanked(EMILS, *merge("2026-03-20", CLARA, EMIL)) == [("Ben", "missed")]


def test_a_merge_makes_one_rhythm_of_two() -> None:
    """Three visits are a rhythm; two records had two and one."""
    visits = (sale(GINA, "2025-10-03", 1), sale(GINA, "2025-11-02", 2), sale(FLORA, "2025-12-02", 3))
    assert told(answer((*COMPANY, *visits), END), "lapsing_reached") == []
    merged = (*COMPANY, *visits, *merge("2026-01-05", GINA, FLORA))
    assert told(answer(merged, END), "lapsing_reached") == [("Anna", "missed")]


def test_nothing_open_is_due_to_the_forgotten_and_what_was_settled_counts() -> None:
    assert thanked(EMILS, forgotten(EMIL, "2026-03-06")) == []
    assert thanked(EMILS, forgotten(EMIL, "2026-03-09")) == [("Ben", "missed")]


def test_an_act_of_the_forgotten_or_revoked_is_told_no_more() -> None:
    report, verified = act("2026-03-02", "2026-03-03")
    assert told(answer((*COMPANY, report, verified), END), "act_retold") == [("Carl", "missed")]
    assert told(answer((*COMPANY, report, verified, forgotten(DORA, "2026-03-09")), END), "act_retold") == []
    revoked = HeroicActRevoked(
        occurred_at=at("2026-03-09"),
        act_id=report.act_id,
        heroes=report.heroes,
        kind=report.kind,
        happened_on=report.happened_on,
        revoked_by=CARL,
    )
    story = (*COMPANY, report, verified, retold(report, "2026-03-05"))
    assert told(answer(story, END), "act_retold") == [("Carl", "kept")]
    assert told(answer((*story, revoked), END), "act_retold") == []


def test_a_cancelled_promise_was_never_due() -> None:
    made = promise(CLARA, 1, "2026-03-02", "2026-03-06", ANNA)
    cancelled = FollowUpCancelled(occurred_at=at("2026-03-20"), customer_id=CLARA, follow_up_id=1)
    assert answer((*COMPANY, made, cancelled), END) == []
    assert told(answer((*COMPANY, made, kept(CLARA, 1, "2026-03-07")), END), "promise_kept") == [
        ("Anna", "late")
    ]


def test_a_promise_that_was_completed_by_mistake_is_to_be_kept_still() -> None:
    """Known from the day on which it was opened again."""
    story = (
        *COMPANY,
        promise(CLARA, 1, "2026-03-02", "2026-03-06", ANNA),
        kept(CLARA, 1, "2026-03-03"),
        follow_up_reopened(occurred_at=at("2026-03-04"), customer_id=CLARA, follow_up_id=1),
    )
    assert told(answer(story, at("2026-03-03", 20)), "promise_kept") == [("Anna", "kept")]
    assert told(answer(story, at("2026-03-05")), "promise_kept") == [("Anna", "open")]
    assert told(answer(story, END), "promise_kept") == [("Anna", "missed")]
    assert told(answer((*story, kept(CLARA, 1, "2026-03-06")), END), "promise_kept") == [("Anna", "kept")]


def removed(made: ContactLogged, day: str) -> ContactRemoved:
    return contact_removed(
        occurred_at=at(day),
        customer_id=made.customer_id,
        contacted_at=made.occurred_at,
        channel=made.channel,
        purpose=made.purpose,
        answered=made.answered,
    )


def test_what_a_contact_fulfilled_that_was_a_mistake_is_due_still() -> None:
    """Known from the day it was removed on; one of two at the same instant fulfils it all the same."""
    thanks = contact(EMIL, "thank_you", "2026-03-05", BEN)
    mistake = removed(thanks, "2026-03-09")
    assert thanked(EMILS, thanks) == [("Ben", "kept")]
    assert thanked(EMILS, thanks, mistake) == [("Ben", "missed")]
    as_known_then = answer((*COMPANY, EMILS, thanks, mistake), at("2026-03-08"))
    assert told(as_known_then, "thank_you") == [("Ben", "kept")]
    assert thanked(EMILS, thanks, thanks, mistake) == [("Ben", "kept")]
    assert thanked(EMILS, thanks, thanks, mistake, mistake) == [("Ben", "missed")]
    called = contact(EMIL, "thank_you", "2026-03-05", BEN, channel="call")
    assert thanked(EMILS, thanks, called, removed(called, "2026-03-09")) == [("Ben", "kept")]


def test_a_promise_that_a_wrong_contact_ticked_off_is_open_again() -> None:
    arrived = promise(CLARA, 1, "2026-03-04", "2026-03-04", ANNA, wish_id=1)
    told_them = contact(CLARA, "wish", "2026-03-05", ANNA)
    story = (*COMPANY, arrived, told_them)
    assert told(answer(story, at("2026-03-05", 20)), "wish_told") == [("Anna", "kept")]
    mistaken = (*story, removed(told_them, "2026-03-05"))
    assert told(answer(mistaken, at("2026-03-05", 20)), "wish_told") == [("Anna", "open")]
    assert told(answer(mistaken, END), "wish_told") == [("Anna", "missed")]


@pytest.mark.parametrize("ended", [WishFulfilled, WishWithdrawn])
def test_who_waits_no_longer_need_not_be_told(ended: type[WishFulfilled | WishWithdrawn]) -> None:
    arrived = promise(CLARA, 1, "2026-03-04", "2026-03-04", ANNA, wish_id=1)
    assert told(answer((*COMPANY, arrived), END), "wish_told") == [("Anna", "missed")]
    for day, expected in (("2026-03-05", []), ("2026-03-06", [("Anna", "missed")])):
        end = ended(occurred_at=at(day), customer_id=CLARA, wish_id=1)
        assert told(answer((*COMPANY, arrived, end), END), "wish_told") == expected


def test_a_wish_that_was_reopened_is_to_be_told_still() -> None:
    arrived = promise(CLARA, 1, "2026-03-04", "2026-03-04", ANNA, wish_id=1)
    fulfilled = WishFulfilled(occurred_at=at("2026-03-05"), customer_id=CLARA, wish_id=1)
    reopened = wish_reopened(occurred_at=at("2026-03-20"), customer_id=CLARA, wish_id=1)
    assert told(answer((*COMPANY, arrived, fulfilled), END), "wish_told") == []
    assert told(answer((*COMPANY, arrived, fulfilled, reopened), END), "wish_told") == [("Anna", "missed")]


def test_a_customer_who_comes_back_in_time_was_not_lapsing() -> None:
    """Silent from 3 March on, to be reached until the 10th."""
    visits = [sale(GINA, f"2025-{day}", number) for number, day in enumerate(("10-03", "11-02", "12-02"), 1)]
    assert told(answer((*COMPANY, *visits), END), "lapsing_reached") == [("Anna", "missed")]
    for day, expected in (("2026-03-10", []), ("2026-03-11", [("Anna", "missed")])):
        assert told(answer((*COMPANY, *visits, sale(GINA, day, 9)), MAY), "lapsing_reached") == expected
    unanswered = contact(GINA, "lapsing", "2026-03-05", ANNA, channel="call")
    assert told(answer((*COMPANY, *visits, unanswered), END), "lapsing_reached") == [("Anna", "missed")]


def test_nobody_is_to_be_called_on_a_channel_they_have_not_agreed_to() -> None:
    refused = ContactPreferenceSet(
        occurred_at=at("2026-03-05"), customer_id=EMIL, channel="write", allowed=False
    )
    assert thanked(EMILS, refused) == []
    assert thanked(EMILS, contact(EMIL, "thank_you", "2026-03-04", BEN, hour=18), refused) == [
        ("Ben", "kept")
    ]


def test_a_standard_replaced_or_withdrawn_holds_for_what_begins_from_its_day_on() -> None:
    longer = standard("thank_you", 5, version=2, effective_on=date(2026, 3, 4))
    thanks = contact(EMIL, "thank_you", "2026-03-09", BEN)
    assert thanked(EMILS, thanks) == [("Ben", "late")]
    assert thanked(longer, EMILS, thanks) == [("Ben", "kept")]
    assert thanked(longer, sale(EMIL, "2026-03-03", 4), thanks) == [("Ben", "late")]
    withdrawn = ServiceStandardWithdrawn(
        occurred_at=at("2026-03-02"),
        scope="company",
        kind="thank_you",
        version=2,
        effective_on=date(2026, 3, 4),
    )
    assert thanked(withdrawn, EMILS) == []


def test_a_stores_own_standard_stands_in_place_of_the_companys() -> None:
    own = standard("thank_you", 1, scope=STORE)
    thanks = contact(EMIL, "thank_you", "2026-03-06", BEN)
    assert thanked(own, EMILS, thanks) == [("Ben", "late")]
    elsewhere = sale(EMIL, "2026-03-04", 3, store_id="uptown")
    assert thanked(own, elsewhere, thanks) == [("Ben", "kept")]


def test_a_customer_without_an_owner_is_nobodys() -> None:
    stranger = "cus_" + "9" * 32
    agreed = ContactPreferenceSet(
        occurred_at=at("2026-03-01"), customer_id=stranger, channel="text", allowed=True
    )
    assert thanked(agreed, sale(stranger, "2026-03-04", 5)) == [("nobody", "missed")]
    removed = primary_owner_removed(occurred_at=at("2026-03-06"), customer_id=EMIL, associate_id=BEN)
    assert thanked(EMILS, removed) == [("nobody", "missed")]
    assert thanked(agreed, sale(stranger, "2026-03-04", 5), owned(stranger, CARL, "2026-03-05")) == [
        ("Carl", "missed")
    ]


def test_gift_cards_are_no_purchase() -> None:
    assert thanked(sale(EMIL, "2026-03-04", 3, lines=(sold_line(kind="gift_card"),))) == []
