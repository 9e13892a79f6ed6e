"""Two records, one person: what readers see while they are merged, and after they were unmerged."""

from datetime import timedelta

from msgspec.structs import replace

from domain.messages import Event
from projections.clientele_book.combined import combine, people
from projections.clientele_book.fold import PROJECTION
from projections.clientele_book.page import CustomerPage
from projections.clientele_book.queries import book_of, customer_of, ranked
from projections.clientele_book.summary import summary_of
from projections.clientele_book.today import today
from tests.domain.builders.money_commands import ANNA, BEN, CARL, CLARA, DORA, OTHER_SALE, SOLD_AT
from tests.domain.builders.money_events import return_accepted, sale_recorded
from tests.domain.builders.people_commands import MET_AT, TOLD_AT
from tests.domain.builders.people_events import (
    contact_logged,
    contact_point_added,
    contact_preference_set,
    customer_registered,
    customers_merged,
    customers_unmerged,
    follow_up_planned,
    note_added,
    owner_assigned,
    size_recorded,
    taste_recorded,
    wish_recorded,
)
from tests.projections.folding import folded

SURVIVES, MERGED = customers_merged()


def about_dora(event: Event) -> Event:
    return replace(event, customer_id=DORA)


def records_after(*events: Event) -> dict[str, CustomerPage]:
    return folded(PROJECTION, *events).states


def person_after(*events: Event) -> CustomerPage:
    """Clara with Dora's record, which is hers."""
    person = customer_of(records_after(*events, SURVIVES, MERGED).values())
    assert person is not None
    return person


def test_spend_visits_and_purchases_of_both_records_add_up() -> None:
    later = sale_recorded(customer_id=DORA, sale_id=OTHER_SALE, occurred_at=SOLD_AT + timedelta(days=1))
    person = person_after(
        sale_recorded(customer_id=CLARA),
        about_dora(sale_recorded()),
        later,
        about_dora(return_accepted(sale_id=OTHER_SALE)),
    )
    assert person.customer_id == CLARA
    assert person.net_spend_minor == 20_000
    assert person.spend["USD"].labels == {"Alden": 20_000}
    # What was bought on the second day came back whole.
    assert person.visits == 1
    assert person.last_visit_at == SOLD_AT
    assert [purchase.sale_id for purchase in person.purchases][-1] == OTHER_SALE


def test_what_the_survivor_does_not_know_the_other_record_fills_in() -> None:
    person = person_after(
        customer_registered(name=None, reference=None), about_dora(customer_registered(address_as=None))
    )
    assert person.name == customer_registered().name
    assert person.address_as == customer_registered().address_as
    assert person.reference == "12346"


def test_numbers_of_the_absorbed_record_say_so() -> None:
    person = person_after(
        wish_recorded(),
        about_dora(wish_recorded(label="Hestra")),
        about_dora(note_added()),
        about_dora(contact_point_added()),
    )
    assert [(wish.wish_id, wish.label, wish.record) for wish in person.wishes] == [
        (1, "Alden", None),
        (1, "Hestra", DORA),
    ]
    assert [note.record for note in person.notes] == [DORA]
    assert [point.record for point in person.contact_points] == [DORA]


def test_a_follow_up_for_a_wish_is_about_the_wish_of_its_own_record() -> None:
    due = follow_up_planned(wish_id=1, due_on=MET_AT.date())
    reasons = today(
        person_after(contact_preference_set(), wish_recorded(), about_dora(wish_recorded()), about_dora(due)),
        MET_AT,
    )
    assert [(reason.kind, reason.wish_id, reason.record) for reason in reasons] == [
        ("stock_arrived", 1, DORA)
    ]


def test_a_channel_refused_in_one_record_is_refused() -> None:
    agreed, refused = contact_preference_set(), about_dora(contact_preference_set(allowed=False))
    assert person_after(agreed, refused).allowed_channels == ()
    assert person_after(about_dora(agreed), contact_preference_set(allowed=False)).allowed_channels == ()
    assert person_after(agreed, about_dora(contact_preference_set(channel="call"))).allowed_channels == (
        "call",
        "text",
    )


def test_owners_of_the_absorbed_record_become_secondary_ones() -> None:
    person = person_after(
        owner_assigned(associate_id=ANNA),
        about_dora(owner_assigned(associate_id=BEN)),
        about_dora(owner_assigned(associate_id=CARL, role="secondary")),
    )
    assert (person.primary_owner, person.secondary_owners) == (ANNA, [BEN, CARL])
    nobody_before = person_after(about_dora(owner_assigned(associate_id=BEN)))
    assert (nobody_before.primary_owner, nobody_before.secondary_owners) == (BEN, [])


def test_the_survivors_sizes_and_the_latest_contacts_count() -> None:
    person = person_after(
        size_recorded(size="9"),
        about_dora(size_recorded(size="8")),
        taste_recorded(),
        about_dora(taste_recorded()),
        about_dora(contact_logged(occurred_at=TOLD_AT)),
        contact_logged(),
    )
    assert [size.size for size in person.sizes] == ["9"]
    assert person.tastes == {"colour": ["brown"]}
    assert person.last_contact is not None
    assert person.last_contact.contacted_at == TOLD_AT
    assert person.last_contact_for == {"thank_you": TOLD_AT}
    assert person.contacts_made == 2
    assert [(one.contact_id, one.record) for one in person.contacts] == [(1, None), (1, DORA)]


def test_combining_changes_no_record() -> None:
    records = records_after(sale_recorded(customer_id=CLARA), about_dora(sale_recorded()), SURVIVES, MERGED)
    before = {key: PROJECTION.encode(page) for key, page in records.items()}
    combine(records[CLARA], records[DORA])
    assert {key: PROJECTION.encode(page) for key, page in records.items()} == before


def test_unmerged_records_stand_on_their_own_again() -> None:
    records = records_after(
        sale_recorded(customer_id=CLARA), about_dora(sale_recorded()), SURVIVES, MERGED, *customers_unmerged()
    )
    assert [(page.customer_id, page.net_spend_minor) for page in people(records.values())] == [
        (CLARA, 10_000),
        (DORA, 10_000),
    ]


def test_a_book_holds_every_person_once() -> None:
    records = records_after(
        owner_assigned(associate_id=ANNA), about_dora(owner_assigned(associate_id=BEN)), SURVIVES, MERGED
    )
    assert [page.customer_id for page in book_of(records.values(), ANNA)] == [CLARA]
    assert book_of(records.values(), BEN) == []
    assert [page.customer_id for page in book_of(records.values(), BEN, "secondary")] == [CLARA]
    assert [page.customer_id for page in book_of(records.values(), BEN, "any")] == [CLARA]


def test_a_summary_says_how_many_records_a_person_has() -> None:
    assert summary_of(person_after()).records == 2


def test_ranking_puts_what_never_was_last_and_ties_by_key() -> None:
    records = records_after(
        sale_recorded(customer_id="cus_b"), sale_recorded(customer_id="cus_a"), customer_registered()
    )
    pages = list(records.values())
    assert [page.customer_id for page in ranked(pages, "last_visit")] == ["cus_a", "cus_b", CLARA]
    assert [page.customer_id for page in ranked(pages, "last_visit", descending=False)] == [
        CLARA,
        "cus_a",
        "cus_b",
    ]
