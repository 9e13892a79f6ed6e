"""From the entries of a source to the log: each imported whole, once, and accounted for.

An entry is known by its idempotency key. What is known is passed over and counted; what is new becomes commands. A batch of entries
is written in one commit, so a run that is stopped at any moment leaves whole entries behind and goes on with the next.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple

from domain.associate.commands import HireAssociate
from domain.customer.commands import AddContactPoint, AssignOwner, ReassignOwner, RegisterCustomer
from domain.messages import Event
from domain.return_.commands import AcceptReturn
from infra.event_store.codec import decode
from infra.event_store.handler import Handler
from infra.event_store.log import EventLog
from services.ops.importing.account import Account
from services.ops.importing.documents import Document, Read, documents, sale_of
from services.ops.importing.grouping import batches
from services.ops.importing.open_units import OpenUnits
from services.ops.importing.references import References
from services.ops.importing.returns import Returns
from services.ops.importing.run import Batch, KeyedCommand, written
from services.ops.importing.slips import Format, HandOver, Hire, Patron, Slip

#: Lines of slips in one commit, unless a single slip has more.
BATCH_LINES_MAX = 10_000
RETURNS_ASKED_FOR = 16
#: Why a slip that was imported before stays out when it comes again with other lines.
CHANGED = "imported_before_otherwise"

TRACED_TOPICS = ["sale.recorded.v1", "sale.units_returned.v1"]


class Found(NamedTuple):
    """What the log has of a batch already: keys that were answered, and aggregates that were begun."""

    keys: set[str]
    begun: set[str]


NOTHING = Found(set(), set())

OnBatch = Callable[[int, int], None]


class Importer:
    """Imports one source. Without a log (None) everything is new and nothing is written: see `commands`."""

    def __init__(
        self, format: Format, account: Account, log: EventLog | None, *, read: Read = documents
    ) -> None:
        self._format = format
        self._account = account
        self._log = log
        self._read = read
        self._references = References(format.source)
        self._returns = Returns(self._references, OpenUnits(self._facts_of if log else None))
        self._changed: list[str] = []
        #: Up to here the log is known to hold everything that was made; what is behind is being written.
        self._stands_up_to = 0

    @property
    def changed(self) -> Sequence[str]:
        """Numbers of slips that had been imported with other content."""
        return self._changed

    def run(
        self,
        handler: Handler,
        *,
        batch_entries_max: int,
        on_progress: Callable[[int], None] | None = None,
        on_batch: OnBatch | None = None,
    ) -> None:
        """Import everything. Raises UnusableFile and ImportRefused; whatever was written before stays."""
        read = self._read(self._format, self._account, on_progress)
        read_batches = batches(
            read, attrgetter("rows"), items_max=batch_entries_max, size_max=BATCH_LINES_MAX
        )
        self._stands_up_to = self._end_of_log()
        for batch, events in written(handler, (self._batch(handler, some) for some in read_batches)):
            self._stands_up_to = self._end_of_log()
            self._returns.units.let_go()
            self._account.summary.returns += batch.returns
            if on_batch is not None:
                on_batch(events, batch.passed_over)

    def _batch(self, handler: Handler, documents: Sequence[Document]) -> Batch:
        found = self._found(handler, documents)
        new = self._new(documents, found)
        commands = list(self._commands(new, found.keys))
        returns = sum(isinstance(command, AcceptReturn) for _, command in commands)
        returns += self._returns_of(handler, found.keys, documents)
        return Batch(commands, passed_over=len(documents) - len(new), returns=returns)

    def _end_of_log(self) -> int:
        return self._log.last_position() if self._log is not None else 0

    def commands(self) -> Iterator[KeyedCommand]:
        """Every command of the import, as if nothing had been imported before."""
        for document in self._read(self._format, self._account, None):
            for key, command in self._commands(self._new([document], NOTHING), NOTHING.keys):
                self._account.summary.returns += isinstance(command, AcceptReturn)
                yield key, command

    def _found(self, handler: Handler, batch: Sequence[Document]) -> Found:
        """What the log has of a batch."""
        keys = [document.key for document in batch]
        stream_ids: list[str] = []
        for document in batch:
            entry = document.entry
            if isinstance(entry, Slip):
                stream_ids.append(self._references.begun_by(entry))
                if document.customer_key is not None and entry.customer is not None:
                    keys.append(document.customer_key)
                    stream_ids.append(self._references.customer_id_of(entry.customer))
            elif isinstance(entry, Patron):
                stream_ids.append(self._references.customer_id_of(entry.reference))
        return Found(*handler.known(keys, stream_ids))

    def _new(self, batch: Sequence[Document], found: Found) -> list[Document]:
        """What has to be written; every slip is counted as what becomes of it."""
        new: list[Document] = []
        for document in batch:
            slip = document.entry
            is_new = document.key not in found.keys
            if isinstance(slip, Slip):
                if is_new and found.begun and self._references.begun_by(slip) in found.begun:
                    amount = document.exact if slip.kind == "sale" else -document.exact
                    self._account.leave_out(CHANGED, amount, document.rows)
                    self._changed.append(slip.name)
                    continue
                self._account.imported(slip.kind, document.exact, document.net_minor)
                self._account.summary.sales += slip.kind == "sale"
            if is_new:
                new.append(document)
        return new

    def _commands(self, new: Sequence[Document], known: set[str]) -> Iterator[KeyedCommand]:
        self._returns.units.begin_batch(self._returning(new, known))
        for document in new:
            match document.entry:
                case Slip():
                    yield from self._slip(document.entry, document, known)
                case Patron():
                    yield from self._patron(document.entry, document.key)
                case Hire():
                    yield document.key, self._hired(document.entry)
                case HandOver():
                    yield document.key, self._handed_over(document.entry)

    def _returning(self, new: Sequence[Document], known: set[str]) -> list[str]:
        """Who brings something back in a batch. Those of whom the log knows nothing are followed from here on."""
        returning: dict[str, None] = {}
        for document in new:
            slip = document.entry
            if not isinstance(slip, Slip) or slip.customer is None:
                continue
            if document.customer_key is not None and document.customer_key not in known:
                self._returns.units.follow_new(self._references.customer_id_of(slip.customer))
            if slip.kind == "return":
                returning[self._references.customer_id_of(slip.customer)] = None
        return list(returning)

    def _slip(self, slip: Slip, document: Document, known: set[str]) -> Iterator[KeyedCommand]:
        customer_key = document.customer_key
        if slip.customer is not None and customer_key is not None and customer_key not in known:
            yield from self._patron(Patron(slip.customer, slip.at, slip.store), customer_key)
            owner = self._format.owner_of(slip.customer) if slip.kind == "return" else None
            if owner is not None:
                yield (
                    f"{customer_key}:owner",
                    AssignOwner(
                        customer_id=self._references.customer_id_of(slip.customer),
                        associate_id=self._references.associate_id_of(owner),
                        occurred_at=slip.at,
                    ),
                )
        if slip.kind == "return":
            yield from self._returns.commands(slip, document.key)
            return
        sale = sale_of(slip, self._references)
        self._returns.units.sold(sale)
        yield document.key, sale

    def _patron(self, patron: Patron, key: str) -> Iterator[KeyedCommand]:
        customer_id = self._references.customer_id_of(patron.reference)
        yield (
            key,
            RegisterCustomer(
                customer_id=customer_id,
                reference=patron.reference,
                store_id=patron.store,
                name=patron.name,
                address_as=patron.address_as,
                occurred_at=patron.at,
            ),
        )
        for kind, value in patron.contact_points:
            yield (
                f"{key}:{kind}",
                AddContactPoint(customer_id=customer_id, kind=kind, value=value, occurred_at=patron.at),
            )

    def _hired(self, hire: Hire) -> HireAssociate:
        return HireAssociate(
            associate_id=self._references.associate_id_of(hire.reference),
            reference=hire.label or hire.reference,
            name=hire.name,
            store_id=hire.store,
            plan=hire.plan,
            hired_on=hire.hired_on or hire.at.date(),
            made_up=hire.made_up,
            occurred_at=hire.at,
        )

    def _handed_over(self, entry: HandOver) -> ReassignOwner:
        return ReassignOwner(
            customer_id=self._references.customer_id_of(entry.customer),
            associate_id=self._references.associate_id_of(entry.associate),
            reason=entry.reason,
            occurred_at=entry.at,
        )

    def _returns_of(self, handler: Handler, known: set[str], batch: Sequence[Document]) -> int:
        """How many returns stand in the log for the known slips of a batch: one slip leads to one for each sale it was traced to."""
        open_ = [
            document.key
            for document in batch
            if isinstance(document.entry, Slip) and document.entry.kind == "return" and document.key in known
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

    def _facts_of(self, customer_ids: Sequence[str]) -> Iterable[Event]:
        if self._log is None:
            return
        for logged in self._log.read_customers(customer_ids, TRACED_TOPICS, up_to=self._stands_up_to):
            event = decode(logged.topic, logged.state)
            if event is not None:
                yield event
