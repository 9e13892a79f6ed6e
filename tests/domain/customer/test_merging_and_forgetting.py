"""Two records that are one person, and a person who is to be forgotten."""

from domain.customer.state import CustomerState
from domain.messages import NotFound
from tests.domain.builders import people_commands as ask
from tests.domain.builders import people_events as events
from tests.domain.builders.money_commands import ANNA, BEN, CLARA, DORA
from tests.domain.builders.money_events import associate_hired
from tests.domain.given import Given, given

ELSA = "cus_" + "3" * 32

KNOWN = given(
    associate_hired(),
    events.customer_registered(),
    events.customer_registered(customer_id=DORA),
    events.customer_registered(customer_id=ELSA),
)
MERGED = KNOWN.with_events(*events.customers_merged())


def record(story: Given, customer_id: str) -> CustomerState:
    state = story.states.customer(customer_id)
    assert state is not None
    return state


def test_a_merge_is_written_to_both_histories() -> None:
    assert KNOWN.when(ask.merge_customers()) == [*events.customers_merged()]
    assert record(MERGED, CLARA).absorbed == (DORA,)
    assert record(MERGED, DORA).merged_into == CLARA


def test_a_record_may_absorb_several() -> None:
    both = MERGED.after(ask.merge_customers(merged_customer_id=ELSA))
    assert record(both, CLARA).absorbed == (DORA, ELSA)


def test_a_merge_needs_two_records() -> None:
    refusal = KNOWN.refuses(ask.merge_customers(merged_customer_id=CLARA))
    assert (refusal.code, refusal.field) == ("same_customer", "merged_customer_id")


def test_both_records_of_a_merge_exist() -> None:
    refusal = given(events.customer_registered()).refuses(ask.merge_customers())
    assert isinstance(refusal, NotFound)
    assert refusal.field == "merged_customer_id"


def test_a_merged_record_is_merged_nowhere_else() -> None:
    elsewhere = ask.merge_customers(customer_id=ELSA, merged_customer_id=DORA)
    refusal = MERGED.refuses(elsewhere)
    assert (refusal.code, refusal.field) == ("customer_merged_away", "merged_customer_id")
    assert CLARA in refusal.message


def test_nothing_is_merged_into_a_merged_record() -> None:
    refusal = MERGED.refuses(ask.merge_customers(customer_id=DORA, merged_customer_id=ELSA))
    assert (refusal.code, refusal.field) == ("customer_merged_away", "customer_id")


def test_merges_stay_one_level_deep() -> None:
    refusal = MERGED.refuses(ask.merge_customers(customer_id=ELSA, merged_customer_id=CLARA))
    assert (refusal.code, refusal.field) == ("has_absorbed_others", "merged_customer_id")


def test_a_forgotten_record_is_merged_with_none() -> None:
    forgotten = KNOWN.after(ask.forget_customer(customer_id=DORA))
    refusal = forgotten.refuses(ask.merge_customers())
    assert (refusal.code, refusal.field) == ("customer_forgotten", "merged_customer_id")


def test_a_merge_is_undone_in_both_histories_and_leaves_no_trace_in_either_record() -> None:
    assert MERGED.when(ask.unmerge_customers()) == [*events.customers_unmerged()]
    apart = MERGED.after(ask.unmerge_customers())
    assert record(apart, CLARA) == record(KNOWN, CLARA)
    assert record(apart, DORA) == record(KNOWN, DORA)
    assert apart.when(ask.merge_customers()) == [*events.customers_merged()]


def test_only_what_was_merged_is_unmerged() -> None:
    refusal = MERGED.refuses(ask.unmerge_customers(merged_customer_id=ELSA))
    assert (refusal.code, refusal.field) == ("not_merged", "merged_customer_id")
    unknown = MERGED.refuses(ask.unmerge_customers(merged_customer_id="cus_" + "9" * 32))
    assert isinstance(unknown, NotFound)


def test_a_merge_is_undone_from_the_record_that_survived() -> None:
    refusal = MERGED.refuses(ask.unmerge_customers(customer_id=DORA, merged_customer_id=CLARA))
    assert (refusal.code, refusal.field) == ("customer_merged_away", "customer_id")


def test_what_each_record_knew_before_the_merge_it_knows_after_it() -> None:
    before = KNOWN.after(ask.record_wish(customer_id=DORA), ask.assign_owner(customer_id=DORA))
    after = before.after(ask.merge_customers(), ask.record_taste(), ask.unmerge_customers())
    assert record(after, DORA) == record(before, DORA)
    assert record(after, DORA).primary_owner == ANNA


def test_a_customer_is_forgotten() -> None:
    assert KNOWN.when(ask.forget_customer()) == [events.customer_forgotten()]


def test_a_customer_is_forgotten_once() -> None:
    refusal = KNOWN.after(ask.forget_customer()).refuses(ask.forget_customer())
    assert (refusal.code, refusal.field) == ("customer_forgotten", "customer_id")


def test_every_record_of_the_person_is_forgotten() -> None:
    both = MERGED.after(ask.merge_customers(merged_customer_id=ELSA))
    assert both.when(ask.forget_customer()) == [
        events.customer_forgotten(),
        events.customer_forgotten(customer_id=DORA),
        events.customer_forgotten(customer_id=ELSA),
    ]


def test_a_record_that_was_taken_out_again_is_not_forgotten_with_the_other() -> None:
    apart = MERGED.after(ask.unmerge_customers(), ask.forget_customer())
    assert not record(apart, DORA).forgotten


def test_what_was_open_in_a_merged_record_is_brought_to_its_end_there() -> None:
    open_there = KNOWN.after(ask.record_wish(customer_id=DORA), ask.plan_follow_up(customer_id=DORA))
    merged = open_there.after(ask.merge_customers())
    ended = merged.after(ask.fulfil_wish(customer_id=DORA), ask.complete_follow_up(customer_id=DORA))
    assert (record(ended, DORA).open_wishes, record(ended, DORA).open_follow_ups) == ({}, {})
    apart = ended.after(ask.unmerge_customers())
    assert apart.refuses(ask.fulfil_wish(customer_id=DORA)).code == "wish_already_fulfilled"


def test_a_promise_about_a_wish_of_a_merged_record_stands_beside_the_wish() -> None:
    merged = KNOWN.after(ask.record_wish(customer_id=DORA), ask.merge_customers())
    assert merged.when(ask.plan_follow_up(customer_id=DORA, wish_id=1)) == [
        events.follow_up_planned(customer_id=DORA, wish_id=1)
    ]
    assert merged.refuses(ask.plan_follow_up(customer_id=DORA)).code == "customer_merged_away"


def test_a_merged_record_gets_another_owner_for_when_it_is_unmerged() -> None:
    hired = KNOWN.with_events(associate_hired(associate_id=BEN))
    merged = hired.after(ask.assign_owner(customer_id=DORA), ask.merge_customers())
    handed_over = merged.after(ask.reassign_owner(customer_id=DORA, reason="leaver"))
    assert record(handed_over.after(ask.unmerge_customers()), DORA).primary_owner == BEN


def test_nothing_of_a_forgotten_record_is_brought_to_an_end() -> None:
    merged = KNOWN.after(ask.record_wish(customer_id=DORA), ask.merge_customers(), ask.forget_customer())
    for command in (ask.fulfil_wish, ask.complete_follow_up, ask.reassign_owner):
        assert merged.refuses(command(customer_id=DORA)).code == "customer_forgotten"
