"""Who customers are, whose, and what of that an index is made of."""

import pytest

from domain.messages import Event
from projections.customer_directory.fold import PROJECTION, CustomerRecord
from projections.customer_directory.queries import Customer, customers_of
from tests.domain.builders.money_commands import ANNA, BEN, CLARA, DORA
from tests.domain.builders.people_events import (
    contact_point_added,
    contact_point_removed,
    customer_forgotten,
    customer_registered,
    customers_merged,
    customers_unmerged,
    name_learned,
    owner_assigned,
    owner_reassigned,
    primary_owner_removed,
    secondary_owner_removed,
)
from tests.projections.folding import folded

NAMED = customer_registered(reference="7", store_id="downtown", name="sealed:name", address_as="sealed:as")


def record_after(*events: Event) -> CustomerRecord:
    return folded(PROJECTION, *events).states[CLARA]


def customers_after(*events: Event) -> list[Customer]:
    return customers_of(folded(PROJECTION, *events).states.values())


def test_a_record_has_what_they_can_be_found_by() -> None:
    record = record_after(NAMED, contact_point_added(contact_point_id=1, kind="phone", value="sealed:1"))
    assert (record.name, record.address_as, record.reference) == ("sealed:name", "sealed:as", "7")
    assert [(point.kind, point.value) for point in record.contact_points] == [("phone", "sealed:1")]
    renamed = record_after(NAMED, name_learned(name="sealed:new", address_as=None))
    assert (renamed.name, renamed.address_as) == ("sealed:new", "sealed:as")


def test_a_contact_point_that_is_removed_is_none_any_more() -> None:
    two = [contact_point_added(contact_point_id=n, value=f"sealed:{n}") for n in (1, 2)]
    record = record_after(NAMED, *two, contact_point_removed(contact_point_id=1))
    assert [point.value for point in record.contact_points] == ["sealed:2"]


@pytest.mark.parametrize(
    "event",
    [
        name_learned(name="sealed:new", address_as=None),
        name_learned(name="sealed:name", address_as="sealed:new"),
        contact_point_added(contact_point_id=1, kind="phone", value="sealed:1"),
        customer_forgotten(),
    ],
    ids=["name", "address_as", "contact_point", "forgotten"],
)
def test_another_text_has_another_digest(event: Event) -> None:
    assert record_after(NAMED, event).made_of != record_after(NAMED).made_of


def test_an_owner_changes_no_digest_and_nothing_has_none() -> None:
    assert record_after(NAMED, owner_assigned()).made_of == record_after(NAMED).made_of is not None
    assert record_after(customer_registered(reference=None, name=None, address_as=None)).made_of is None


def test_the_kind_of_a_contact_point_belongs_to_the_digest() -> None:
    mail, phone = (
        record_after(NAMED, contact_point_added(contact_point_id=1, kind=kind, value="sealed:1"))
        for kind in ("email", "phone")
    )
    assert mail.made_of != phone.made_of


def test_owners_follow_what_is_assigned_and_taken_back() -> None:
    secondary = owner_assigned(associate_id=BEN, role="secondary")
    record = record_after(NAMED, owner_assigned(associate_id=ANNA), secondary)
    assert (record.primary_owner, record.secondary_owners) == (ANNA, [BEN])
    led_by_ben = record_after(NAMED, secondary, owner_reassigned(associate_id=BEN))
    assert (led_by_ben.primary_owner, led_by_ben.secondary_owners) == (BEN, [])
    left = record_after(NAMED, secondary, secondary_owner_removed(associate_id=BEN))
    assert (left.primary_owner, left.secondary_owners) == (None, [])
    assert record_after(NAMED, owner_assigned(), primary_owner_removed()).primary_owner is None


def test_merged_records_are_one_customer_until_they_are_unmerged() -> None:
    both = [
        customer_registered(reference=None, name=None, address_as=None, store_id=None),
        contact_point_added(contact_point_id=1, value="sealed:1"),
        owner_assigned(associate_id=ANNA),
        customer_registered(customer_id=DORA, name="sealed:dora", address_as=None, store_id="uptown"),
        contact_point_added(customer_id=DORA, contact_point_id=1, value="sealed:2"),
        owner_assigned(customer_id=DORA, associate_id=BEN),
    ]
    merges, unmerges = customers_merged(), customers_unmerged()
    (one,) = customers_after(*both, *merges)
    assert (one.customer_id, one.name, one.primary_owner, one.store_id) == (
        CLARA, "sealed:dora", ANNA, "uptown"
    )  # fmt: skip
    assert [point.value for point in one.contact_points] == ["sealed:1", "sealed:2"]
    assert one.owners == {ANNA, BEN}
    assert [each.customer_id for each in customers_after(*both, *merges, *unmerges)] == [CLARA, DORA]


def test_whoever_is_forgotten_is_no_customer() -> None:
    assert customers_after(NAMED, customer_forgotten()) == []
    assert record_after(NAMED, customer_forgotten()).contact_points == []
