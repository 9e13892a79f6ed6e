"""Returns as commands: what came back, traced to the sales it came from."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from domain.money import half_up
from domain.return_.commands import AcceptReturn, LineToReturn, MatchReturn
from services.ops.importing.open_units import OpenUnits, SoldUnits
from services.ops.importing.references import References
from services.ops.importing.run import KeyedCommand
from services.ops.importing.slips import DESCRIPTION_LENGTH_MAX, Line, Slip


class TakenBack(NamedTuple):
    """Units of a returned line traced to a sale line, or to none (`source` None), and what the file refunds for them."""

    line: Line
    source: SoldUnits | None
    quantity: int
    refund_minor: int

    @property
    def at_its_price(self) -> bool:
        """Whether the refund is what was paid, so that the receipt says everything."""
        unit_minor = self.source.unit_minor if self.source else None
        return unit_minor is not None and self.refund_minor == unit_minor * self.quantity


class Returns:
    """Turns the slips of one source's returns into commands with derived identifiers and keys."""

    def __init__(self, references: References, units: OpenUnits) -> None:
        self.units = units
        self._references = references

    def commands(self, slip: Slip, key: str) -> Iterator[KeyedCommand]:
        """One return for each sale that goods came from, and one for goods that came from none; the first has the key."""
        parts: dict[tuple[str, bool], list[TakenBack]] = {}
        for line in slip.lines:
            for part in self._traced(slip, line):
                sale_id = part.source.sale_id if part.source else ""
                parts.setdefault((sale_id, part.at_its_price), []).append(part)
        for number, ((sale_id, at_its_price), taken) in enumerate(parts.items(), start=1):
            this_key = key if number == 1 else f"{key}:{number}"
            if sale_id and at_its_price:
                yield this_key, self._return(slip, number, _with_receipt(taken), sale_id)
                continue
            accepted = self._return(slip, number, _without_receipt(taken), None)
            yield this_key, accepted
            if sale_id:
                # The price differs from what was paid: the refund is the file's, the difference is goodwill.
                yield (
                    f"{this_key}:match",
                    MatchReturn(
                        return_id=accepted.return_id or "",
                        sale_id=sale_id,
                        lines=tuple(part.source.line_no for part in taken if part.source),
                        occurred_at=slip.at,
                    ),
                )

    def _return(
        self, slip: Slip, number: int, lines: tuple[LineToReturn, ...], sale_id: str | None
    ) -> AcceptReturn:
        return AcceptReturn(
            return_id=self._references.return_id_of(slip.name, number),
            sale_id=sale_id,
            customer_id=self._references.customer_id_of(slip.customer) if slip.customer else None,
            store_id=slip.store,
            currency=slip.currency,
            lines=lines,
            accepted_by=self._references.associate_id_of(slip.taken_in_by) if slip.taken_in_by else None,
            occurred_at=slip.at,
        )

    def _traced(self, slip: Slip, line: Line) -> Iterator[TakenBack]:
        """The units of a returned line by the sale lines they came from; each gets its part of the refund."""
        customer_id = self._references.customer_id_of(slip.customer) if slip.customer else None
        units = refunded = 0
        for source, taken in self.units.take(customer_id, line.sku, line.quantity, slip.at, slip.currency):
            units += taken
            up_to_here = half_up(line.net_minor * units, line.quantity)
            yield TakenBack(line, source, taken, up_to_here - refunded)
            refunded = up_to_here


def _with_receipt(taken: Sequence[TakenBack]) -> tuple[LineToReturn, ...]:
    # One line of a sale may come back in several lines of one slip; it comes back as one line.
    together: dict[int, tuple[int, int]] = {}
    for part in taken:
        if part.source:
            quantity, refund_minor = together.get(part.source.line_no, (0, 0))
            together[part.source.line_no] = (quantity + part.quantity, refund_minor + part.refund_minor)
    return tuple(
        LineToReturn(line_no=line_no, quantity=quantity, refund_minor=refund_minor)
        for line_no, (quantity, refund_minor) in together.items()
    )


def _without_receipt(taken: Sequence[TakenBack]) -> tuple[LineToReturn, ...]:
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
