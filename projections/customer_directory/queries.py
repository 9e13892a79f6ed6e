"""How records become customers."""

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from projections.customer_directory.fold import CustomerRecord
from projections.profile_terms import ContactPoint

T = TypeVar("T")


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """A person, whatever records they have, under the identifier of the one that survives."""

    customer_id: str
    name: str | None
    address_as: str | None
    contact_points: tuple[ContactPoint, ...]
    store_id: str | None
    primary_owner: str | None
    owners: frozenset[str]


def customers_of(records: Iterable[CustomerRecord]) -> list[Customer]:
    """The customers of these records, in the order of the survivors; the forgotten are left out.

    The survivor's record comes first; what it lacks the others fill in, in the order they were absorbed.
    """
    by_id = {record.customer_id: record for record in records}
    return [
        _customer([record, *(by_id[other] for other in record.absorbed if other in by_id)])
        for record in by_id.values()
        if record.merged_into is None and not record.forgotten
    ]


def _customer(records: list[CustomerRecord]) -> Customer:
    owners = [owner for one in records for owner in (one.primary_owner, *one.secondary_owners)]
    return Customer(
        customer_id=records[0].customer_id,
        name=_first(one.name for one in records),
        address_as=_first(one.address_as for one in records),
        contact_points=tuple(point for one in records for point in one.contact_points),
        store_id=_first(one.store_id for one in records),
        primary_owner=_first(one.primary_owner for one in records),
        owners=frozenset(owner for owner in owners if owner is not None),
    )


def _first(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)
