"""What was due to customers, and whether it was kept: a pure function of rows, standards and an instant.

Nothing happens when something is missed: it is time that passes. So nothing of this is in a row.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Final, Literal

import msgspec

from projections.rhythm import lapses
from projections.service_standards.people import Person, people
from projections.service_standards.record import Promise, ServiceRecord
from projections.service_standards.terms import Terms, VerifiedAct
from projections.service_terms import Fact, day_of, instant_of, start_of

Status = Literal["kept", "late", "missed", "open"]
#: What the shop calls, writes or texts a customer for: it needs a channel that they agreed to.
NEEDS_A_CHANNEL: Final = frozenset({"thank_you", "wish_told", "lapsing_reached"})


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was due to a customer, and what came of it.

    `subject_id` names the sale, the act, or the customer, `number` a follow-up of theirs. `positions` are
    those of the events: what began it, and what fulfilled it.
    """

    kind: str
    status: Status
    associate_id: str | None
    store_id: str | None
    customer_id: str | None
    subject_id: str
    number: int | None = None
    since: datetime
    due_on: date
    done_at: datetime | None
    scope: str
    version: int
    positions: tuple[int, ...]


class Began(msgspec.Struct, frozen=True, kw_only=True):
    """What may be due: on which `day` it begins, by which fact, and what can fulfil it or end it."""

    kind: str
    person: Person | None
    record: ServiceRecord | None
    customer_id: str | None
    subject_id: str
    number: int | None = None
    keeper: str | None = None
    store_id: str | None
    day: int
    at: int
    position: int
    fulfilled: Sequence[Fact]
    ended: Sequence[int] = ()


def dues(
    records: Iterable[ServiceRecord], terms: Terms, of_acts: Iterable[ServiceRecord] = ()
) -> Iterator[Due]:
    """Everything that was due to these people in a past, and of the acts in the terms.

    `of_acts`: the records of customers of acts who were forgotten, whoever else is among them.
    """
    everybody = people(records, terms.cut)
    for person in everybody:
        for began in _begun(person, terms):
            if (due := _settled(began, terms)) is not None:
                yield due
    known = {
        one.customer_id: person.forgotten_at
        for person in (*everybody, *people(of_acts, terms.cut))
        if person.forgotten_at is not None
        for one in person.records
    }
    for act in terms.acts():
        if (due := _settled(_act(act, terms, known.get(act.customer_id or "")), terms)) is not None:
            yield due


def _settled(began: Began, terms: Terms) -> Due | None:
    """What came of it; None where no standard asks for it, or it ended before it was done or missed."""
    now, clock = terms.cut.at, terms.zone_of(began.store_id)
    standard = terms.in_force(began.kind, began.store_id, began.day)
    if standard is None or began.at > now:
        return None
    due_day = began.day + standard.within_days
    deadline = start_of(due_day + 1, clock) - 1
    ended = min(began.ended, default=None)
    done = min(began.fulfilled, key=lambda fact: (fact.at, fact.position), default=None)
    if done is not None and ended is not None and done.at > ended:
        done = None
    settled_at = min(deadline, now if done is None else done.at, now)
    person = began.person
    if done is None:
        if ended is not None and ended <= settled_at:
            return None
        if began.kind in NEEDS_A_CHANNEL and person is not None and not person.may_be_called(settled_at):
            return None
    return Due(
        kind=began.kind,
        status=_status(done, deadline, now),
        associate_id=_keeper(began, terms, settled_at),
        store_id=began.store_id,
        customer_id=began.customer_id,
        subject_id=began.subject_id,
        number=began.number,
        since=instant_of(began.at),
        due_on=date.fromordinal(due_day),
        done_at=None if done is None else instant_of(done.at),
        scope=standard.scope,
        version=standard.version,
        positions=(began.position,) if done is None else (began.position, done.position),
    )


def _status(done: Fact | None, deadline: int, now: int) -> Status:
    if done is not None:
        return "kept" if done.at <= deadline else "late"
    return "missed" if now > deadline else "open"


def _keeper(began: Began, terms: Terms, at: int) -> str | None:
    """Whoever promised it while they work here, else the owner at that instant."""
    if began.keeper is not None and terms.works_here(began.keeper, day_of(at, terms.zone_of(began.store_id))):
        return began.keeper
    if began.person is None or began.record is None:
        return began.keeper
    return began.person.owner(began.record, at)


def _begun(person: Person, terms: Terms) -> Iterator[Began]:
    yield from _thank_yous(person, terms)
    yield from _promises(person, terms)
    yield from _silences(person, terms)


def _thank_yous(person: Person, terms: Terms) -> Iterator[Began]:
    """For each purchase of which something is kept; of a walk-in from the day they were recognised."""
    for purchase in person.purchases:
        bought = purchase.bought
        day = bought.day
        if bought.at > bought.sold_at:
            day = max(day, day_of(bought.at, terms.zone_of(bought.store_id)))
        yield Began(
            kind="thank_you",
            person=person,
            record=_record_of(person, bought),
            customer_id=person.customer_id,
            subject_id=bought.sale_id,
            store_id=bought.store_id,
            day=day,
            at=max(bought.at, bought.sold_at),
            position=bought.position,
            fulfilled=person.contacts("thank_you", bought.sold_at),
            ended=_ends(person),
        )


def _promises(person: Person, terms: Terms) -> Iterator[Began]:
    """Follow-ups: one about a wish says that it has arrived. A cancelled one was never due."""
    for record in person.records:
        ends = {one.follow_up_id: one for one in person.cut.known(record.promise_ends)}
        for promise in person.cut.known(record.promises):
            end = ends.get(promise.follow_up_id)
            if end is not None and end.how == "cancelled":
                continue
            fulfilled: list[Fact] = [end] if end is not None and end.how == "completed" else []
            ended = _ends(person)
            if promise.wish_id is not None:
                fulfilled += person.contacts("wish", promise.at)
                ended += [one.at for one in person.wish_ends(record, promise.wish_id)]
            yield Began(
                kind="promise_kept" if promise.wish_id is None else "wish_told",
                person=person,
                record=record,
                customer_id=person.customer_id,
                subject_id=record.customer_id,
                number=promise.follow_up_id,
                keeper=promise.associate_id,
                store_id=_store(person, record, promise, terms),
                day=promise.due_on,
                at=promise.at,
                position=promise.position,
                fulfilled=fulfilled,
                ended=ended,
            )


def _store(person: Person, record: ServiceRecord, promise: Promise, terms: Terms) -> str | None:
    keeper = promise.associate_id or person.owner(record, promise.at)
    return terms.store_of(keeper, promise.at) or _last_store(person)


def _last_store(person: Person) -> str | None:
    return person.purchases[-1].bought.store_id if person.purchases else None


def _silences(person: Person, terms: Terms) -> Iterator[Began]:
    """From the day on which they have been silent for longer than their own rhythm, until they come back."""
    for number, day in lapses(person.visit_days):
        last = [one for one in person.purchases if one.bought.day == person.visit_days[number]][-1].bought
        came_back = [one.bought.sold_at for one in person.purchases if one.bought.day > last.day][:1]
        record = _record_of(person, last)
        began_at = start_of(day, terms.zone_of(last.store_id))
        keeper = person.owner(record, began_at)
        yield Began(
            kind="lapsing_reached",
            person=person,
            record=record,
            customer_id=person.customer_id,
            subject_id=person.customer_id,
            store_id=terms.store_of(keeper, began_at) or last.store_id,
            day=day,
            at=began_at,
            position=last.position,
            fulfilled=person.contacts("lapsing", last.sold_at),
            ended=[*came_back, *_ends(person)],
        )


def _act(act: VerifiedAct, terms: Terms, forgotten_at: int | None) -> Began:
    """A verified act is to be told; whoever verified it sees to that."""
    return Began(
        kind="act_retold",
        person=None,
        record=None,
        customer_id=act.customer_id,
        subject_id=act.act_id,
        keeper=act.verified.by,
        store_id=act.store_id,
        day=day_of(act.verified.at, terms.zone_of(act.store_id)),
        at=act.verified.at,
        position=act.verified.position,
        fulfilled=[] if act.told is None else [act.told],
        ended=[] if forgotten_at is None else [forgotten_at],
    )


def _ends(person: Person) -> list[int]:
    return [] if person.forgotten_at is None else [person.forgotten_at]


def _record_of(person: Person, fact: Fact) -> ServiceRecord:
    """The record that a purchase stands in."""
    return next(
        one for one in person.records if any(bought.position == fact.position for bought in one.bought)
    )
