"""How a customer is named and reached, as records of several projections keep it: texts stay encrypted."""

from typing import Protocol

import msgspec

from domain.customer import events
from domain.customer.commands import ContactKind


class ContactPoint(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A telephone number, mail address or postal address; `value` is encrypted."""

    contact_point_id: int
    kind: ContactKind
    value: str
    record: str | None = None


class Profile(Protocol):
    """A record that says so; `reference` is the number in another system."""

    reference: str | None
    store_id: str | None
    name: str | None
    address_as: str | None
    contact_points: list[ContactPoint]


def registered(profile: Profile, event: events.CustomerRegistered) -> None:
    profile.reference = event.reference
    profile.store_id = event.store_id
    profile.name = event.name
    profile.address_as = event.address_as


def name_learned(profile: Profile, event: events.NameLearned) -> None:
    """How they like to be addressed stays when only the name is new."""
    profile.name = event.name
    if event.address_as is not None:
        profile.address_as = event.address_as


def contact_point_added(profile: Profile, event: events.ContactPointAdded) -> None:
    profile.contact_points.append(ContactPoint(event.contact_point_id, event.kind, event.value))


def contact_point_removed(profile: Profile, event: events.ContactPointRemoved) -> None:
    profile.contact_points = [
        point for point in profile.contact_points if point.contact_point_id != event.contact_point_id
    ]
