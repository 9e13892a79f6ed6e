"""What changed for whom: events that the tables contain, as what there is to read again. Nobody's personal
data.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from domain.ids import ASSOCIATE, COMMISSION_ACCOUNT, HEROIC_ACT, associate_id_of
from domain.score_parameters.events import ScoreParametersAdopted
from domain.service_standard.events import ServiceStandardDefined, ServiceStandardWithdrawn
from domain.store.events import StoreOpened
from domain.topics import topics_of
from infra.event_store.log import LoggedEvent
from projections.kernel import Keying
from projections.registry import ALL
from services.read_models.tables import Tables

What = Literal["book", "today", "pay", "team", "heroics", "house"]

#: What the rows of a projection are read for. The service context has nothing that others have not, but for
#: stores and standards: they are the house's.
READ_FOR: Final[Mapping[str, tuple[What, ...]]] = {
    "clientele_book": ("book", "today"),
    "loyalty_score": ("book", "today"),
    "customer_directory": ("book",),
    "commission_ledger": ("pay", "team"),
    "heroics_wall": ("heroics",),
    "associate_directory": ("team",),
    "pay_calendar": ("pay",),
    "pay_questions": ("pay", "team"),
    "score_parameters": ("house",),
    "service_context": (),
    "service_standards": ("team",),
}
OF_THE_HOUSE: Final = topics_of(
    (ScoreParametersAdopted, StoreOpened, ServiceStandardDefined, ServiceStandardWithdrawn)
)

#: A customer's record, the person's active one, and whom the page of either is for. Parameter: customer_ids.
_READERS: Final = """
    SELECT asked.key, coalesce(asked.merged_into, asked.key), record.primary_owner, record.secondary_owners,
        record.promised_by
    FROM projections.clientele_book AS asked
    JOIN projections.clientele_book AS record ON record.key IN (asked.key, asked.merged_into)
    WHERE asked.key = ANY(%(customer_ids)s::text[])
"""
#: Parameter: act_ids.
_ACTS: Final = (
    "SELECT key, store_id, heroes FROM projections.heroics_wall WHERE key = ANY(%(act_ids)s::text[])"
)
#: Where somebody works or last worked, and where they ever did. Parameter: associate_ids.
_STORES: Final = """
    SELECT key, store_id, stores FROM projections.associate_directory
    WHERE key = ANY(%(associate_ids)s::text[])
"""
_ASSOCIATE_ID: Final = re.compile(rb"ass_[0-9a-f]{32}")


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is to be read again: of an associate, of a store, of a customer, a heroic act; of everybody where
    nothing is named.
    """

    what: What
    associate_id: str | None = None
    store_id: str | None = None
    customer_id: str | None = None
    act_id: str | None = None


def _kinds_by_topic(keyed_by: Keying) -> dict[str, list[What]]:
    kinds: dict[str, set[What]] = {topic: {"house"} for topic in OF_THE_HOUSE if keyed_by == "stream"}
    for projection in ALL:
        if projection.keyed_by == keyed_by:
            for topic in topics_of(projection.consumes):
                kinds.setdefault(topic, set()).update(READ_FOR[projection.name])
    return {topic: sorted(found) for topic, found in kinds.items()}


_OF_CUSTOMER: Final = _kinds_by_topic("customer")
_OF_STREAM: Final = _kinds_by_topic("stream")


@dataclass(frozen=True)
class _Known:
    """What the tables say of whom events are about."""

    #: By record: the person's active record, and whom their page is for.
    persons: Mapping[str, tuple[str, frozenset[str]]]
    acts: Mapping[str, tuple[str | None, list[str]]]
    #: By associate: where they work or last worked, and every store they ever worked in.
    workplaces: Mapping[str, tuple[str | None, list[str]]]

    def store_of(self, associate_id: str) -> str | None:
        return self.workplaces.get(associate_id, (None, []))[0]


async def changes_of(tables: Tables, events: Sequence[LoggedEvent]) -> dict[Change, int]:
    """What these events changed, each with the position of the last of them that did, in their order.

    An associate is concerned whose book the customer is in, who promised them something, or whom an event
    names: so whoever loses a customer learns of it, too.
    """
    known = await _look_up(tables, events)
    changes: dict[Change, int] = {}
    for event in events:
        for change in (*_of_customer(event, known), *_of_stream(event, known)):
            # Behind what changed before: positions only grow.
            changes.pop(change, None)
            changes[change] = event.position
    return changes


async def _look_up(tables: Tables, events: Sequence[LoggedEvent]) -> _Known:
    customers = {one.customer_id for one in events if one.customer_id}
    acts = {one.stream_id for one in events if one.stream_id.startswith(HEROIC_ACT)}
    readers, found = await tables.fetch(
        (_READERS, {"customer_ids": sorted(customers)}), (_ACTS, {"act_ids": sorted(acts)})
    )
    persons: dict[str, tuple[str, frozenset[str]]] = {}
    for key, person, primary, secondary, promisers in readers:
        _, before = persons.get(key, (person, frozenset[str]()))
        named = {primary, *(secondary or ()), *(promisers or ())} - {None}
        persons[key] = (person, before | named)
    places: dict[str, tuple[str | None, list[str]]] = {
        key: (store_id, heroes or []) for key, store_id, heroes in found
    }
    associates = {who for event in events for who in _named(event)}
    associates.update(who for _, readers_of in persons.values() for who in readers_of)
    associates.update(hero for _, heroes in places.values() for hero in heroes)
    (stores,) = await tables.fetch((_STORES, {"associate_ids": sorted(associates)}))
    return _Known(persons, places, {key: (store_id, ever) for key, store_id, ever in stores})


def _of_customer(event: LoggedEvent, known: _Known) -> Iterator[Change]:
    if event.customer_id is None:
        return
    customer_id, readers = known.persons.get(event.customer_id, (event.customer_id, frozenset[str]()))
    for what in _OF_CUSTOMER.get(event.topic, ()):
        for who in sorted(readers | _named(event)):
            about = None if what == "team" else customer_id
            yield Change(what=what, associate_id=who, store_id=known.store_of(who), customer_id=about)


def _of_stream(event: LoggedEvent, known: _Known) -> Iterator[Change]:
    for what in _OF_STREAM.get(event.topic, ()):
        match event.stream_id[:3]:
            case "act":
                store_id, heroes = known.acts.get(event.stream_id, (None, []))
                for place in {store_id} if store_id else {known.store_of(hero) for hero in heroes}:
                    yield Change(what=what, store_id=place, act_id=event.stream_id)
            case "acc":
                who = associate_id_of(event.stream_id)
                yield Change(what=what, associate_id=who, store_id=known.store_of(who))
            case "ass":
                _, ever = known.workplaces.get(event.stream_id, (None, []))
                for place in ever:
                    yield Change(what=what, associate_id=event.stream_id, store_id=place)
            case "cal" | "scp" | "sto" | "std":
                yield Change(what=what)
            case _:
                # A return in the ledger is the house's: its entries are nobody's account.
                pass


def _named(event: LoggedEvent) -> set[str]:
    """The associates whose event it is, or whom it names."""
    named = {one.decode() for one in _ASSOCIATE_ID.findall(event.state)}
    if event.stream_id.startswith(COMMISSION_ACCOUNT):
        named.add(associate_id_of(event.stream_id))
    if event.stream_id.startswith(ASSOCIATE):
        named.add(event.stream_id)
    return named
