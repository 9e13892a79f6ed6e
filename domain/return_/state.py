"""What decisions need to know about a return: whose it is, what came back, and which sales it has been traced
to.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

import msgspec
from msgspec.structs import replace

from domain.messages import Event, UnknownEvent
from domain.return_ import events


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """Units that were traced to a sale: each line names its line of the return."""

    sale_id: str
    customer_id: str | None
    lines: tuple[events.MatchedLine, ...]


class ReturnState(msgspec.Struct, frozen=True, kw_only=True):
    """Goods taken back. `receipt_of` is the sale whose receipt they came with.

    `taken_off` is whose spend they came off when they were taken in, `untraced` how many units of each line
    have no sale yet, `exchanged_for` the sale that replaced them.
    """

    return_id: str
    taken_off: str | None
    currency: str
    lines: tuple[events.ReturnedLine, ...]
    receipt_of: str | None
    untraced: tuple[int, ...]
    matches: tuple[Match, ...] = ()
    exchanged_for: str | None = None

    @property
    def matched(self) -> bool:
        """Whether every unit has been traced, some of them by a match."""
        return bool(self.matches) and not any(self.untraced)

    @property
    def sale_id(self) -> str | None:
        """The sale they came from, by receipt or by the first match; None until then."""
        return self.receipt_of or (self.matches[0].sale_id if self.matches else None)

    @property
    def customer_id(self) -> str | None:
        """Whose spend they come off: the sale's customer's, once everything has been traced."""
        return self.matches[-1].customer_id if self.matched else self.taken_off


def evolve(state: ReturnState | None, event: Event) -> ReturnState:
    """The state after one more event. Raises UnknownEvent for one that is not a return's."""
    if state is None:
        if isinstance(event, events.ReturnAccepted):
            return ReturnState(
                return_id=event.return_id,
                taken_off=event.customer_id,
                currency=event.currency,
                lines=event.lines,
                receipt_of=event.sale_id,
                untraced=tuple(0 if line.line_no is not None else line.quantity for line in event.lines),
            )
        raise UnknownEvent(state, event)
    match event:
        case events.ReturnMatched():
            lines = _named(event.lines, state.lines)
            match = Match(sale_id=event.sale_id, customer_id=event.customer_id, lines=lines)
            return replace(state, matches=(*state.matches, match), untraced=_moved(state, lines, -1))
        case events.ReturnUnmatched():
            others = tuple(match for match in state.matches if match.sale_id != event.sale_id)
            return replace(state, matches=others, untraced=_moved(state, event.lines, 1))
        case events.SpendRestored() | events.SpendTakenOff():
            return state
        case events.ExchangeLinked():
            return replace(state, exchanged_for=event.sale_id)
        case events.ExchangeUnlinked():
            return replace(state, exchanged_for=None)
        case _:
            raise UnknownEvent(state, event)


def _moved(state: ReturnState, lines: Sequence[events.MatchedLine], sign: int) -> tuple[int, ...]:
    untraced = list(state.untraced)
    for line in lines:
        untraced[line.return_line - 1] += sign * line.quantity
    return tuple(untraced)


def _named(
    lines: Sequence[events.MatchedLine], returned: Sequence[events.ReturnedLine]
) -> tuple[events.MatchedLine, ...]:
    """The lines of a match, each with its line of the return: older matches were whole, line after line."""
    if all(line.return_line for line in lines):
        return tuple(lines)
    ends = list(accumulate(line.quantity for line in returned))
    named: list[events.MatchedLine] = []
    units = 0
    for line in lines:
        named.append(replace(line, return_line=bisect_right(ends, units) + 1))
        units += line.quantity
    return tuple(named)
