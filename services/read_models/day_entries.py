"""What an associate's lists say of each of their customers today, kept until something about it changes.

Scores and reasons fade with time, so no fold of events can keep them. An entry holds what the pure functions
said at `since` and say until `until`; it counts while the customer's rows and everything else it was made of
(its context) are as they were. So the database lists, sorts and counts without folding anything.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from projections.clientele_book.combined import people
from projections.clientele_book.day import reasons_hold_until
from projections.clientele_book.page import CustomerPage
from projections.clientele_book.summary import summary_of
from projections.clientele_book.today import Reader, calls
from projections.loyalty_score.folding import seconds_of
from projections.loyalty_score.holding import held_score
from projections.loyalty_score.parameters import InForce, parameters_at
from projections.loyalty_score.state import LoyaltyState


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What an associate's lists say of one customer, until then; columns of day_entries."""

    customer_id: str
    signature: int
    until: datetime
    promisers: list[str] | None
    working: list[str] | None
    is_primary: bool
    is_secondary: bool
    score: int
    net_spend_minor: int
    summary: str | None
    call: str | None


@dataclass(frozen=True, slots=True)
class Day:
    """What entries of one associate are made of, beside the customers."""

    associate_id: str
    zone: ZoneInfo
    now: datetime
    parameters: Sequence[InForce]
    keepers: frozenset[str]


def entries_of(
    records: Iterable[tuple[int, CustomerPage]], states: Mapping[str, LoyaltyState], day: Day
) -> list[Entry]:
    """The entries of these persons, out of all their records (position and page) and their score's state."""
    pages: list[CustomerPage] = []
    signatures: dict[str, int] = {}
    for position, page in records:
        pages.append(page)
        person = page.merged_into or page.customer_id
        signatures[person] = max(position, signatures.get(person, 0))
    return [
        _entry(page, signatures[page.customer_id], states.get(page.customer_id, LoyaltyState()), day)
        for page in people(pages)
    ]


def _entry(page: CustomerPage, signature: int, state: LoyaltyState, day: Day) -> Entry:
    as_of = day.now.astimezone(day.zone)
    until = min(
        reasons_hold_until(page, as_of),
        *(
            datetime.fromtimestamp(one.since, UTC)
            for one in day.parameters
            if one.since > seconds_of(day.now)
        ),
        datetime.max.replace(tzinfo=UTC),
    )
    held = held_score(
        state, seconds_of(day.now), seconds_of(until) + 1, parameters_at(day.parameters)(seconds_of(day.now))
    )
    reader = Reader(day.associate_id, day.keepers)
    called = calls([page], as_of, scores={page.customer_id: held.total}, reader=reader)
    promised = {one.associate_id for one in page.follow_ups if one.associate_id is not None}
    promisers = sorted(promised - {day.associate_id})
    return Entry(
        customer_id=page.customer_id,
        signature=signature,
        until=min(until, datetime.fromtimestamp(held.until, UTC)),
        promisers=promisers or None,
        working=sorted(day.keepers & set(promisers)) if promisers else None,
        is_primary=page.primary_owner == day.associate_id,
        is_secondary=day.associate_id in page.secondary_owners,
        score=held.total,
        net_spend_minor=page.net_spend_minor,
        summary=msgspec.json.encode(summary_of(page)).decode() if page.absorbed else None,
        call=msgspec.json.encode(called[0]).decode() if called else None,
    )


def document_of(entries: Sequence[Entry]) -> str:
    """Entries as KEEP takes them."""
    return msgspec.json.encode(entries).decode()
