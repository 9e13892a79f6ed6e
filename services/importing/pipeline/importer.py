"""Import the entries of a source: each whole, once, and reconciled.

An entry is identified by its idempotency key: a known one is counted and skipped, a new one becomes commands.
A batch of entries is written in one commit, so a run that is stopped at any moment leaves whole entries
behind, and the next run resumes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple

from domain.customer.commands import AssignOwner
from domain.ids import store_stream_id_of
from domain.messages import Command, Event, Refused
from domain.return_.commands import AcceptReturn
from domain.sale.commands import AllowPrice, RecordSale
from domain.sale.pricing import before_order_minor
from infra.event_store.command_context import context_of
from infra.event_store.decoded_events import DecodedEvents
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog
from services.importing.pipeline.command_batches import (
    CommandBatch,
    KeyedCommand,
    refused_in_words,
    write_batches,
)
from services.importing.pipeline.derived_ids import DerivedIds
from services.importing.pipeline.entry_commands import EntryCommands, opened, opened_store
from services.importing.pipeline.grouping import in_batches
from services.importing.pipeline.keyed_entries import KeyedEntry, ReadEntries, keyed_entries, sale_of
from services.importing.pipeline.reconciliation import Reconciliation
from services.importing.pipeline.return_commands import Returns
from services.importing.pipeline.source_documents import (
    HandOver,
    Hire,
    ImportedCustomer,
    PayPeriodEnd,
    PayPeriodStart,
    SourceDocument,
    SourceFormat,
    StoreMet,
)
from services.importing.pipeline.unreturned_units import UnreturnedUnits

#: Lines of source documents in one commit, unless a single document has more.
BATCH_LINES_MAX = 10_000
RETURNS_ASKED_FOR = 16
#: The skip reason of a source document that was imported before with other lines.
CHANGED_CONTENT = "imported_before_otherwise"

TRACED_TOPICS = ["sale.recorded.v1", "sale.units_returned.v1", "sale.price_allowed.v1"]


class AlreadyImported(NamedTuple):
    """What the log has of a batch already: answered keys and begun streams."""

    keys: set[str]
    begun: set[str]


NOTHING_IMPORTED = AlreadyImported(set(), set())

OnBatch = Callable[[int, int], None]


class Importer:
    """Imports one source. Without a log (None) everything is new and nothing is written; see `commands`."""

    def __init__(
        self,
        format: SourceFormat,
        reconciliation: Reconciliation,
        log: EventLog | None,
        *,
        read: ReadEntries = keyed_entries,
    ) -> None:
        self._format = format
        self._reconciliation = reconciliation
        self._log = log
        self._read = read
        self._derived_ids = DerivedIds(format.source)
        self._entries = EntryCommands(self._derived_ids)
        self._returns = Returns(self._derived_ids, UnreturnedUnits(self._events_of if log else None))
        #: Source documents that were imported before with other content, each with its place and number.
        self.changed: list[str] = []
        #: Commands that were refused, and why.
        self.refused: list[str] = []
        #: Where the documents of the commands that are being written stand, by the commands' keys.
        self._found_at: dict[str, str] = {}
        #: The log holds everything up to this position; later batches are still being written.
        self._written_up_to = 0

    def run(
        self,
        handler: CommandHandler,
        *,
        batch_entries_max: int,
        on_progress: Callable[[int], None] | None = None,
        on_batch: OnBatch | None = None,
    ) -> None:
        """Import everything but what is refused. Raises UnusableFile; what was written before stays."""
        read = self._read(self._format, self._reconciliation, on_progress)
        read_batches = in_batches(
            read, attrgetter("rows"), items_max=batch_entries_max, size_max=BATCH_LINES_MAX
        )
        self._written_up_to = self._end_of_log()
        batches = (self._batch(handler, some) for some in read_batches)
        context = context_of(f"import:{self._format.source}")
        for batch, events in write_batches(handler, batches, context, on_refused=self._refuse):
            self._written_up_to = self._end_of_log()
            self._returns.units.evict()
            for key, _ in batch.commands:
                self._returns.refunds.pop(key, None)
                self._found_at.pop(key, None)
            self._reconciliation.summary.returns += batch.returns
            if on_batch is not None:
                on_batch(events, batch.already_imported)

    def _batch(self, handler: CommandHandler, keyed_entries: Sequence[KeyedEntry]) -> CommandBatch:
        found = self._found(handler, keyed_entries)
        new = self._new(keyed_entries, found)
        commands = list(self._commands(new, found.keys))
        returns = sum(isinstance(command, AcceptReturn | AllowPrice) for _, command in commands)
        returns += self._returns_of(handler, found.keys, keyed_entries)
        return CommandBatch(commands, already_imported=len(keyed_entries) - len(new), returns=returns)

    def _refuse(self, key: str, command: Command, refusal: Refused) -> None:
        """Report a command that was refused, and count its rows as skipped instead of imported."""
        found_at = self._found_at.get(key)
        words = refused_in_words(key, command, refusal)
        self.refused.append(f"{found_at}: {words}" if found_at else words)
        summary = self._reconciliation.summary
        match command:
            case RecordSale():
                summary.sales -= 1
                sold_minor = sum(before_order_minor(line) for line in command.lines)
                self._reconciliation.refused("sale", sold_minor, len(command.lines))
            case AcceptReturn():
                summary.returns -= 1
                without_receipt = sum(line.refund_minor or 0 for line in command.lines)
                refund_minor = self._returns.refunds.get(key, without_receipt)
                self._reconciliation.refused("return", refund_minor, len(command.lines))
            case AllowPrice():
                summary.returns -= 1
                self._reconciliation.refused("return", command.amount_minor, 1)
            case _:
                pass

    def _end_of_log(self) -> int:
        return self._log.last_position() if self._log is not None else 0

    def commands(self) -> Iterator[KeyedCommand]:
        """Yield every command of the import, as if nothing had been imported before."""
        for keyed in self._read(self._format, self._reconciliation, None):
            for key, command in self._commands(self._new([keyed], NOTHING_IMPORTED), NOTHING_IMPORTED.keys):
                self._reconciliation.summary.returns += isinstance(command, AcceptReturn | AllowPrice)
                yield key, command
            self._found_at.clear()

    def _found(self, handler: CommandHandler, batch: Sequence[KeyedEntry]) -> AlreadyImported:
        """Look up what the log has of a batch."""
        keys = [keyed.key for keyed in batch]
        stream_ids: list[str] = []
        for keyed in batch:
            entry = keyed.entry
            if isinstance(entry, SourceDocument):
                stream_ids.append(self._derived_ids.document_id_of(entry))
                if not entry.beside_other_kind:
                    keys.append(self._derived_ids.other_kind_key(entry, keyed.key))
                if keyed.customer_key is not None and entry.customer is not None:
                    keys.append(keyed.customer_key)
                    stream_ids.append(self._derived_ids.customer_id_of(entry.customer))
            elif isinstance(entry, ImportedCustomer):
                stream_ids.append(self._derived_ids.customer_id_of(entry.reference))
            elif isinstance(entry, StoreMet):
                stream_ids.append(store_stream_id_of(entry.store))
        return AlreadyImported(*handler.known(keys, stream_ids))

    def _new(self, batch: Sequence[KeyedEntry], found: AlreadyImported) -> list[KeyedEntry]:
        """The entries to write; every source document is counted as imported or skipped."""
        new: list[KeyedEntry] = []
        otherwise = self._imported_otherwise(batch, found)
        for keyed in batch:
            document = keyed.entry
            is_new = keyed.key not in found.keys
            if isinstance(document, SourceDocument):
                if is_new and document.name in otherwise:
                    amount = keyed.exact if document.kind == "sale" else -keyed.exact
                    self._reconciliation.skip(CHANGED_CONTENT, amount, keyed.rows)
                    self.changed.append(f"{document.found_at}: {document.kind} {document.name}")
                    continue
                self._reconciliation.imported(document.kind, keyed.exact, keyed.net_minor)
                self._reconciliation.summary.sales += document.kind == "sale"
            elif isinstance(document, StoreMet):
                # One that somebody has opened stays as they said.
                is_new = is_new and store_stream_id_of(document.store) not in found.begun
            if is_new:
                new.append(keyed)
        return new

    def _imported_otherwise(self, batch: Sequence[KeyedEntry], found: AlreadyImported) -> set[str]:
        """The numbers of documents that the log has with other lines, or with the same lines and other
        signs. What a file has beside them under the number is theirs: a line may have changed its sign.
        """
        ids = self._derived_ids
        return {
            keyed.entry.name
            for keyed in batch
            if isinstance(keyed.entry, SourceDocument)
            and keyed.key not in found.keys
            and (
                ids.document_id_of(keyed.entry) in found.begun
                or (
                    not keyed.entry.beside_other_kind
                    and ids.other_kind_key(keyed.entry, keyed.key) in found.keys
                )
            )
        }

    def _commands(self, new: Sequence[KeyedEntry], known: set[str]) -> Iterator[KeyedCommand]:
        self._returns.units.begin_batch(self._returning(new, known))
        for keyed in new:
            match keyed.entry:
                case SourceDocument():
                    for key, command in self._document(keyed.entry, keyed, known):
                        self._found_at[key] = keyed.entry.found_at
                        yield key, command
                case ImportedCustomer():
                    yield from self._entries.customer(keyed.entry, keyed.key)
                case Hire():
                    yield keyed.key, self._entries.hired(keyed.entry)
                case HandOver():
                    yield keyed.key, self._entries.handed_over(keyed.entry)
                case StoreMet():
                    yield keyed.key, opened_store(keyed.entry)
                case PayPeriodStart():
                    yield keyed.key, opened(keyed.entry)
                case PayPeriodEnd():
                    yield from self._entries.closed(keyed.entry, keyed.key)

    def _returning(self, new: Sequence[KeyedEntry], known: set[str]) -> list[str]:
        """The customers with a return in a batch.

        Customers who are not in the log yet are tracked from here on.
        """
        returning: dict[str, None] = {}
        for keyed in new:
            document = keyed.entry
            if not isinstance(document, SourceDocument) or document.customer is None:
                continue
            if keyed.customer_key is not None and keyed.customer_key not in known:
                self._returns.units.track_new(self._derived_ids.customer_id_of(document.customer))
            if document.kind != "sale":
                returning[self._derived_ids.customer_id_of(document.customer)] = None
        return list(returning)

    def _document(
        self, document: SourceDocument, keyed: KeyedEntry, known: set[str]
    ) -> Iterator[KeyedCommand]:
        customer_key = keyed.customer_key
        if document.customer is not None and customer_key is not None and customer_key not in known:
            yield from self._entries.customer(
                ImportedCustomer(document.customer, document.at, document.store), customer_key
            )
            owner = self._format.owner_of(document.customer) if document.kind != "sale" else None
            if owner is not None:
                yield (
                    f"{customer_key}:owner",
                    AssignOwner(
                        customer_id=self._derived_ids.customer_id_of(document.customer),
                        associate_id=self._derived_ids.associate_id_of(owner),
                        occurred_at=document.at,
                    ),
                )
        if document.kind != "sale":
            yield from self._returns.commands(document, keyed.key)
            return
        sale = sale_of(document, self._derived_ids)
        self._returns.units.sold(sale)
        yield keyed.key, sale

    def _returns_of(self, handler: CommandHandler, known: set[str], batch: Sequence[KeyedEntry]) -> int:
        """Count the returns in the log for known documents of a batch: a document has one for each sale
        traced.
        """
        open_ = [
            keyed.key
            for keyed in batch
            if isinstance(keyed.entry, SourceDocument) and keyed.entry.kind != "sale" and keyed.key in known
        ]
        count, number = 0, 1
        while open_:
            numbers = range(number, number + RETURNS_ASKED_FOR)
            asked = {key: [key if n == 1 else f"{key}:{n}" for n in numbers] for key in open_}
            answered = handler.known_keys([each for keys in asked.values() for each in keys])
            count += len(answered)
            open_ = [key for key in open_ if asked[key][-1] in answered]
            number += RETURNS_ASKED_FOR
        return count

    def _events_of(self, customer_ids: Sequence[str]) -> Iterable[Event]:
        if self._log is None:
            return
        stored = self._log.read_customers(customer_ids, TRACED_TOPICS, up_to=self._written_up_to)
        events = DecodedEvents(stored, self._log.left_out())
        for _, event in events:
            yield event
        self._reconciliation.leave_out(events.left_out)
