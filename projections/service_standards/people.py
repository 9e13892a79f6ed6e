"""One person of one or several merged records, as known in a past; put together for reading alone."""

from collections.abc import Iterable
from typing import Final

from projections.service_standards.record import (
    Contact,
    Purchase,
    ServiceRecord,
    WishEnd,
    kept_purchases,
    visit_days,
)
from projections.service_terms import AnyFact, Cut


class Person:
    """A person in a past: `records` are the surviving one first, then those that are part of it."""

    def __init__(self, records: list[ServiceRecord], cut: Cut) -> None:
        self.records: Final = records
        self.cut: Final = cut
        self.customer_id: Final = records[0].customer_id
        self.purchases: Final[list[Purchase]] = sorted(
            (
                purchase
                for one in records
                for purchase in kept_purchases(cut.known(one.bought), cut.known(one.came_back))
            ),
            key=lambda purchase: (purchase.bought.day, purchase.bought.sold_at),
        )
        self.visit_days: Final = visit_days(self.purchases)
        self.forgotten_at: Final = _first(fact for one in records for fact in cut.known(one.forgotten))

    def contacts(self, purpose: str, since: int) -> list[Contact]:
        """The contacts for a purpose from an instant on, in whichever record they were logged."""
        ended = {end.contact for one in self.records for end in self.cut.known(one.contact_ends)}
        return [
            contact
            for one in self.records
            for contact in self.cut.known(one.contacts)
            if contact.purpose == purpose and contact.at >= since and contact.position not in ended
        ]

    def owner(self, record: ServiceRecord, at: int) -> str | None:
        """The primary owner of a record at an instant: that of the survivor while it was a part of it."""
        merges = [one for one in self.cut.known(record.merges) if one.at <= at]
        if merges and merges[-1].is_merged:
            survivor = next((one for one in self.records if one.customer_id == merges[-1].survivor), record)
            return self._own_owner(survivor, at) or self._own_owner(record, at)
        return self._own_owner(record, at)

    def _own_owner(self, record: ServiceRecord, at: int) -> str | None:
        owners = [one for one in self.cut.known(record.owners) if one.at <= at]
        return owners[-1].associate_id if owners else None

    def owned_since(self, at: int) -> tuple[str, int] | None:
        """The primary owner at an instant, and since when; None for nobody."""
        owners = [one for one in self.cut.known(self.records[0].owners) if one.at <= at]
        associate_id = owners[-1].associate_id if owners else None
        if associate_id is None:
            return None
        since = at
        for earlier in reversed(owners):
            if earlier.associate_id != associate_id:
                break
            since = earlier.at
        return associate_id, since

    def may_be_called(self, at: int) -> bool:
        """Whether they had agreed to be reached on some channel; refused in one record is refused."""
        allowed: dict[str, bool] = {}
        for record in self.records:
            latest = {one.channel: one.is_allowed for one in self.cut.known(record.consents) if one.at <= at}
            for channel, is_allowed in latest.items():
                allowed[channel] = is_allowed and allowed.get(channel, True)
        return any(allowed.values())

    def wish_ends(self, record: ServiceRecord, wish_id: int) -> list[WishEnd]:
        """When they ceased to wait for something, unless that turned out to be a mistake."""
        ends: list[WishEnd] = []
        for one in self.cut.known(record.wish_ends):
            if one.wish_id == wish_id:
                ends = [*ends, one] if one.is_ended else []
        return ends


def people(records: Iterable[ServiceRecord], cut: Cut) -> list[Person]:
    """Everybody, by the records as they were merged in a past."""
    by_id = {record.customer_id: record for record in records}
    parts: dict[str, list[ServiceRecord]] = {}
    survivors: list[ServiceRecord] = []
    for record in by_id.values():
        merges = cut.known(record.merges)
        if merges and merges[-1].is_merged and merges[-1].survivor in by_id:
            parts.setdefault(merges[-1].survivor, []).append(record)
        else:
            survivors.append(record)
    return [Person([survivor, *parts.get(survivor.customer_id, ())], cut) for survivor in survivors]


def _first(facts: Iterable[AnyFact]) -> int | None:
    return min((fact.at for fact in facts), default=None)
