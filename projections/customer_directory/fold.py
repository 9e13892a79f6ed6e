"""The customer directory: one row per customer record, with what they can be found by and whose they are.

Names and contact points stay encrypted; the blind index (`vault.blind_index_entries`) is made of them.
"""

import hashlib
from typing import Any, Final

import msgspec

from domain.customer import events
from domain.messages import Event
from projections.kernel import Projection, table_ddl
from projections.profile_terms import (
    ContactPoint,
    contact_point_added,
    contact_point_removed,
    name_learned,
    registered,
)

#: As long as needed for no two records' texts to have the same one.
DIGEST_BYTES: Final = 16


class CustomerRecord(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A record of a customer. `name`, `address_as` and the contact points are encrypted.

    `merged_into` names the record that this one is read as a part of.
    """

    customer_id: str
    reference: str | None = None
    store_id: str | None = None
    name: str | None = None
    address_as: str | None = None
    contact_points: list[ContactPoint] = []
    primary_owner: str | None = None
    secondary_owners: list[str] = []
    merged_into: str | None = None
    absorbed: list[str] = []
    forgotten: bool = False

    @property
    def made_of(self) -> str | None:
        """A digest of what the record can be found by; None where that is nothing."""
        points = [text for point in self.contact_points for text in (point.kind, point.value)]
        texts = [self.reference, self.name, self.address_as, *points]
        if not any(texts):
            return None
        return hashlib.blake2b(msgspec.json.encode(texts), digest_size=DIGEST_BYTES).hexdigest()


def owner_changed(record: CustomerRecord, event: events.OwnerAssigned | events.OwnerReassigned) -> None:
    """Nobody is both: who becomes the primary owner is a secondary one no longer."""
    others = [owner for owner in record.secondary_owners if owner != event.associate_id]
    if isinstance(event, events.OwnerAssigned) and event.role == "secondary":
        record.secondary_owners = [*others, event.associate_id]
    else:
        record.primary_owner, record.secondary_owners = event.associate_id, others


def primary_owner_removed(record: CustomerRecord, event: events.PrimaryOwnerRemoved) -> None:
    record.primary_owner = None


def secondary_owner_removed(record: CustomerRecord, event: events.SecondaryOwnerRemoved) -> None:
    record.secondary_owners = [owner for owner in record.secondary_owners if owner != event.associate_id]


def merged(record: CustomerRecord, event: events.CustomersMerged) -> None:
    if event.survives:
        record.absorbed.append(event.other_customer_id)
    else:
        record.merged_into = event.other_customer_id


def unmerged(record: CustomerRecord, event: events.CustomersUnmerged) -> None:
    if event.survives:
        record.absorbed = [other for other in record.absorbed if other != event.other_customer_id]
    else:
        record.merged_into = None


def forgotten(record: CustomerRecord, event: events.CustomerForgotten) -> None:
    record.forgotten = True
    record.reference = record.name = record.address_as = None
    record.contact_points = []


_FOLDS: dict[type[Event], Any] = {
    events.CustomerRegistered: registered,
    events.NameLearned: name_learned,
    events.ContactPointAdded: contact_point_added,
    events.ContactPointRemoved: contact_point_removed,
    events.OwnerAssigned: owner_changed,
    events.OwnerReassigned: owner_changed,
    events.PrimaryOwnerRemoved: primary_owner_removed,
    events.SecondaryOwnerRemoved: secondary_owner_removed,
    events.CustomersMerged: merged,
    events.CustomersUnmerged: unmerged,
    events.CustomerForgotten: forgotten,
}


def empty(customer_id: str) -> CustomerRecord:
    """The record of somebody nothing is known about."""
    return CustomerRecord(customer_id=customer_id)


def fold(record: CustomerRecord, event: Event, position: int) -> tuple[()]:
    """Folds an event into the record. The directory keeps no journal."""
    _FOLDS[type(event)](record, event)
    return ()


def query_values(record: CustomerRecord) -> tuple[Any, ...]:
    """The query columns of a record's row, in the order of table.sql."""
    return (record.merged_into, record.forgotten, record.made_of)


PROJECTION: Final = Projection(
    name="customer_directory",
    keyed_by="customer",
    consumes=tuple(_FOLDS),
    state_type=CustomerRecord,
    empty=empty,
    fold=fold,
    columns=("merged_into", "forgotten", "made_of"),
    values=query_values,
    ddl=table_ddl(__package__ or ""),
    numbered=True,
)
