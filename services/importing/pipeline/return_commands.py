"""Returns as commands, traced to the sales that the goods came from."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from domain.money import half_up
from domain.return_.commands import AcceptReturn, LineToReturn, MatchReturn
from domain.sale.commands import AllowPrice
from services.importing.pipeline.command_batches import KeyedCommand
from services.importing.pipeline.derived_ids import DerivedIds
from services.importing.pipeline.source_documents import DESCRIPTION_LENGTH_MAX, Line, SourceDocument
from services.importing.pipeline.unreturned_units import SoldUnits, UnreturnedUnits


class ReturnedUnits(NamedTuple):
    """Units of a returned line traced to a sale line, or to none (`source` None), and their refund in the
    file.
    """

    line: Line
    source: SoldUnits | None
    quantity: int
    refund_minor: int

    @property
    def is_allowance(self) -> bool:
        """Whether it is less than a unit cost, in a file that counts no units: money back, and no goods."""
        unit_minor = self.source.unit_minor if self.source else None
        return not self.line.counted and unit_minor is not None and self.refund_minor < unit_minor

    @property
    def at_its_price(self) -> bool:
        """Whether the refund is what was paid, so that the sale line says everything."""
        unit_minor = self.source.unit_minor if self.source else None
        return unit_minor is not None and self.refund_minor == unit_minor * self.quantity


class Returns:
    """Turns returns of one source into commands with derived identifiers and keys."""

    def __init__(self, derived_ids: DerivedIds, units: UnreturnedUnits) -> None:
        self.units = units
        #: What returns at the price of their receipt refund, by key; whoever writes them takes it out again.
        self.refunds: dict[str, int] = {}
        self._derived_ids = derived_ids

    def commands(self, document: SourceDocument, key: str) -> Iterator[KeyedCommand]:
        """Yield one return for each sale that goods came from, and one for goods from none; the first has the
        key.
        """
        allowances: list[KeyedCommand] = []
        parts: dict[tuple[str, bool], list[ReturnedUnits]] = {}
        for line in document.lines:
            for traced in self._traced(document, line):
                part = traced
                if traced.source is not None and traced.is_allowance:
                    # The unit stays sold.
                    traced.source.left += traced.quantity
                    part = traced._replace(source=None)
                if (allowed := self._allowed(document, part)) is not None:
                    number = len(allowances) + 1
                    allowances.append((key if number == 1 else f"{key}:{number}", allowed))
                    continue
                sale_id = part.source.sale_id if part.source else ""
                parts.setdefault((sale_id, part.at_its_price), []).append(part)
        yield from allowances
        for number, ((sale_id, at_its_price), taken) in enumerate(parts.items(), start=len(allowances) + 1):
            this_key = key if number == 1 else f"{key}:{number}"
            if sale_id and at_its_price:
                self.refunds[this_key] = sum(part.refund_minor for part in taken)
                yield this_key, self._return(document, number, _with_receipt(taken), sale_id)
                continue
            accepted = self._return(document, number, _without_receipt(taken), None)
            yield this_key, accepted
            if sale_id:
                # The price differs from what was paid: the refund is the file's, the difference is goodwill.
                yield (
                    f"{this_key}:match",
                    MatchReturn(
                        return_id=accepted.return_id or "",
                        sale_id=sale_id,
                        lines=tuple(part.source.line_no for part in taken if part.source),
                        occurred_at=document.at,
                    ),
                )

    def _return(
        self, document: SourceDocument, number: int, lines: tuple[LineToReturn, ...], sale_id: str | None
    ) -> AcceptReturn:
        return AcceptReturn(
            return_id=self._derived_ids.return_id_of(document, number),
            sale_id=sale_id,
            customer_id=self._derived_ids.customer_id_of(document.customer) if document.customer else None,
            store_id=document.store,
            currency=document.currency,
            lines=lines,
            accepted_by=self._derived_ids.associate_id_of(document.taken_in_by)
            if document.taken_in_by
            else None,
            occurred_at=document.at,
        )

    def _allowed(self, document: SourceDocument, part: ReturnedUnits) -> AllowPrice | None:
        """Money back on a sale line whose goods stay sold; None for goods, and where no sale is found."""
        if part.source is not None or (part.line.quantity and part.line.counted):
            return None
        customer_id = self._derived_ids.customer_id_of(document.customer) if document.customer else None
        source = self.units.allow(
            customer_id, part.line.sku, part.refund_minor, document.at, document.currency
        )
        if source is None:
            return None
        return AllowPrice(
            sale_id=source.sale_id,
            line_no=source.line_no,
            amount_minor=part.refund_minor,
            document_id=self._derived_ids.document_id_of(document),
            occurred_at=document.at,
        )

    def _traced(self, document: SourceDocument, line: Line) -> Iterator[ReturnedUnits]:
        """Trace a returned line to sale lines; each gets its part of the refund."""
        if line.quantity == 0:
            yield ReturnedUnits(line, None, 1, line.net_minor)
            return
        customer_id = self._derived_ids.customer_id_of(document.customer) if document.customer else None
        units = refunded = 0
        for source, taken in self.units.take(
            customer_id, line.sku, line.quantity, document.at, document.currency
        ):
            units += taken
            up_to_here = half_up(line.net_minor * units, line.quantity)
            yield ReturnedUnits(line, source, taken, up_to_here - refunded)
            refunded = up_to_here


def _with_receipt(taken: Sequence[ReturnedUnits]) -> tuple[LineToReturn, ...]:
    # One line of a sale may come back in several lines of one source document; it comes back as one line.
    together: dict[int, tuple[int, int]] = {}
    for part in taken:
        if part.source:
            quantity, refund_minor = together.get(part.source.line_no, (0, 0))
            together[part.source.line_no] = (quantity + part.quantity, refund_minor + part.refund_minor)
    return tuple(
        LineToReturn(line_no=line_no, quantity=quantity, refund_minor=refund_minor)
        for line_no, (quantity, refund_minor) in together.items()
    )


def _without_receipt(taken: Sequence[ReturnedUnits]) -> tuple[LineToReturn, ...]:
    return tuple(
        LineToReturn(
            sku=part.line.sku,
            description=part.line.description[:DESCRIPTION_LENGTH_MAX],
            label=part.line.label,
            department=part.line.department,
            quantity=part.quantity,
            refund_minor=part.refund_minor,
        )
        for part in taken
    )
