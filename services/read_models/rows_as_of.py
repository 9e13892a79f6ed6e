"""Books, scores and ledgers as of the past, folded from the events of only those keys.

All of it reads the log and no table: it works also while projections are behind, paused or rebuilt.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.customer.events import owner_tag
from domain.ids import account_id_of
from domain.messages import Event
from domain.topics import topics_of
from infra.event_store.codec import UndecodableEvent, decode
from infra.event_store.log import EventLog, LoggedEvent
from projections.as_of import TIMELESS, Cutoff, KeyedEvent, rows_as_of
from projections.clientele_book.fold import PROJECTION as BOOK
from projections.clientele_book.page import CustomerPage
from projections.commission_ledger.account import Account, Statement
from projections.commission_ledger.fold import PROJECTION as LEDGER
from projections.commission_ledger.queries import LedgerEntry, entries_of, statement_of
from projections.fold_driver import KeyFold
from projections.kernel import Projection
from projections.loyalty_score.fold import PROJECTION as LOYALTY
from projections.loyalty_score.fold import LoyaltyRow
from projections.pay_questions.fold import PROJECTION as PAY_QUESTIONS
from projections.pay_questions.queries import SignatureDocument, signature_of


def book_records(log: EventLog, associate_id: str, past: Cutoff) -> list[CustomerPage]:
    """Every record of everyone whom the associate may have owned then: `book_of` says who of them it was."""
    return _with_their_records(log, log.streams_tagged(owner_tag(associate_id), up_to=past.position), past)


def customer_records(log: EventLog, customer_id: str, past: Cutoff) -> list[CustomerPage]:
    """Every record of one person as merged then, whichever of them is asked for."""
    return _with_their_records(log, [customer_id], past)


def records_of(log: EventLog, customer_ids: Collection[str], past: Cutoff) -> list[CustomerPage]:
    """The same of several persons."""
    return _with_their_records(log, customer_ids, past)


def loyalty_rows(log: EventLog, pages: Iterable[CustomerPage], past: Cutoff) -> list[LoyaltyRow]:
    """The score's rows of these customers then, of all the records that their pages are made of."""
    records = {record for page in pages for record in (page.customer_id, *page.absorbed)}
    return [row.state for row in _customers(log, LOYALTY, records, past).values()]


def moment_of(log: EventLog, position: int) -> datetime | None:
    """When the last event up to a position happened, as far as it can be read; None before the first."""
    logged = log.last_until(position)
    event = None if logged is None else _read(logged)
    return None if event is None else event.occurred_at


@dataclass(frozen=True)
class LedgerAsOf:
    """An account (None before its first event), its entries and statements, in the order of the log.

    `documents` are the statements as stored, `statements` the same as values.
    """

    account: Account | None
    entries: list[LedgerEntry]
    documents: list[str]

    @property
    def statements(self) -> list[Statement]:
        return [statement_of(document) for document in self.documents]


def ledger_as_of(log: EventLog, associate_id: str, past: Cutoff) -> LedgerAsOf:
    """An associate's commission account as of then, with the entries and statements of the ledger up to then.

    A statement says what it said when it was issued, whatever of its period happened later.
    """
    account_id = account_id_of(associate_id)
    logged = log.read_stream(account_id, up_to=past.position)
    events = list(_events(LEDGER, logged, log.left_out(LEDGER.name)))
    row = rows_as_of(LEDGER, events, past).get(account_id)
    if row is None:
        return LedgerAsOf(None, [], [])
    whole = row
    if past.instant is not None:
        whole = rows_as_of(LEDGER, events, Cutoff(past.position))[account_id]
    times = {each.position: each.event.occurred_at for each in events if each.event is not None}
    lines = [line for line in whole.journal if past.instant is None or times[line[1]] <= past.instant]
    return LedgerAsOf(
        account=row.state,
        entries=list(entries_of(lines)),
        documents=[line[-1] for line in lines if line[-1] is not None],
    )


def signatures_as_of(
    log: EventLog, associate_id: str, period_ids: Iterable[str], past: Cutoff
) -> dict[str, SignatureDocument]:
    """Who had signed each of these statements of an associate then, and what was open about it."""
    account_id = account_id_of(associate_id)
    logged = log.read_stream(account_id, up_to=past.position)
    events = _events(PAY_QUESTIONS, logged, log.left_out(PAY_QUESTIONS.name))
    row = rows_as_of(PAY_QUESTIONS, events, past).get(account_id)
    signatures = [] if row is None else [line[3:] for line in row.journal]
    questions = {} if row is None else row.state.questions
    return {period_id: signature_of(period_id, signatures, questions) for period_id in period_ids}


def _with_their_records(log: EventLog, customer_ids: Collection[str], past: Cutoff) -> list[CustomerPage]:
    """The pages of these records and of all that they were merged with: one level deep, so two rounds do."""
    pages: dict[str, CustomerPage] = {}
    wanted = set(customer_ids)
    while wanted:
        rows = _customers(log, BOOK, wanted, past)
        pages |= {key: row.state for key, row in rows.items()}
        named = {
            record
            for row in rows.values()
            for record in (row.state.merged_into, *row.state.absorbed)
            if record is not None
        }
        wanted = named - pages.keys() - wanted
    return [pages[key] for key in sorted(pages)]


def _customers(
    log: EventLog, projection: Projection[Any], customer_ids: Collection[str], past: Cutoff
) -> dict[str, KeyFold]:
    logged = log.read_customers(
        customer_ids, topics_of(projection.consumes), up_to=past.position, whenever=topics_of(TIMELESS)
    )
    return rows_as_of(projection, _events(projection, logged, log.left_out(projection.name)), past)


def _events(
    projection: Projection[Any], logged: Sequence[LoggedEvent], left_out: Collection[int]
) -> Iterable[KeyedEvent]:
    for stored in logged:
        key = projection.key_of(stored.stream_id, stored.customer_id)
        if key is None or stored.position in left_out:
            continue
        try:
            event = decode(stored.topic, stored.state)
        except UndecodableEvent:
            yield KeyedEvent(key, stored.position, None)
        else:
            # A topic that only a newer writer knows is passed over, as by the projections.
            if event is not None:
                yield KeyedEvent(key, stored.position, event)


def _read(logged: LoggedEvent) -> Event | None:
    try:
        return decode(logged.topic, logged.state)
    except UndecodableEvent:
        return None
