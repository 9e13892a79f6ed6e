"""Trace each entry of a statement to its pay plan and rates, frozen on the day of the sale."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping

import msgspec

from domain.commission_account.events import CommissionEarned, CommissionMoved
from domain.ids import account_id_of
from domain.messages import Event
from infra.event_store.decoded_events import DecodedEvents
from infra.event_store.log import EventLog
from projections.commission_ledger.queries import LedgerEntry
from projections.registry import COMMISSION_LEDGER

#: The entries that the frozen rates of a sale decide: commission earned, clawed back and restored, and what
#: another plan made of it.
OF_A_SALE = ("earned", "clawed_back", "restored", "recomputed")
#: From which position on which plan number and rates in basis points hold for a line of a sale.
Frozen = tuple[int, int, tuple[int, ...]]


class TracedEntry(LedgerEntry, frozen=True):
    """An entry, its pay plan and the rates of its line; None and () where a correction brought the line
    in.
    """

    plan_no: int | None = None
    rates_bp: tuple[int, ...] = ()


def trace_entries(
    log: EventLog, associate_id: str, entries: Iterable[LedgerEntry]
) -> tuple[list[TracedEntry], list[int]]:
    """Add plan and rates to entries, from the events of the account; and the positions the ledger leaves out.

    Raises HistoryUnreadable for an event that cannot be decoded and is not in quarantine.
    """
    events = DecodedEvents(log.read_stream(account_id_of(associate_id)), log.left_out(COMMISSION_LEDGER.name))
    frozen = frozen_rates_of((logged.position, event) for logged, event in events)
    return [trace_entry(entry, frozen) for entry in entries], events.left_out


def frozen_rates_of(events: Iterable[tuple[int, Event]]) -> dict[tuple[str, int], list[Frozen]]:
    """Plans and rates by sale and line number, in the order of the positions they hold from."""
    frozen: dict[tuple[str, int], list[Frozen]] = {}
    for position, event in events:
        if isinstance(event, CommissionEarned):
            for line in event.lines:
                rates_bp = tuple(dict.fromkeys(band.rate_bp for band in line.bands))
                frozen[event.sale_id, line.line_no] = [(position, event.plan_no, rates_bp)]
        elif isinstance(event, CommissionMoved) and event.plan_no is not None:
            anew = (position, event.plan_no, event.rates_bp)
            frozen.setdefault((event.sale_id, event.line_no), []).append(anew)
    return frozen


def trace_entry(entry: LedgerEntry, frozen: Mapping[tuple[str, int], list[Frozen]]) -> TracedEntry:
    """Add plan and rates to one entry."""
    plan_no, rates_bp = None, ()
    if entry.kind in OF_A_SALE and entry.sale_id is not None and entry.line_no is not None:
        of_line = frozen.get((entry.sale_id, entry.line_no), [])
        if place := bisect_right(of_line, entry.position, key=lambda each: each[0]):
            _, plan_no, rates_bp = of_line[place - 1]
    return TracedEntry(**msgspec.structs.asdict(entry), plan_no=plan_no, rates_bp=rates_bp)


def describe_rates(rates_bp: tuple[int, ...]) -> str:
    """`6.75 %`, or `6.75, 8.00 %` for a line that crossed a tier."""
    return f"{', '.join(f'{rate_bp / 100:.2f}' for rate_bp in rates_bp)} %" if rates_bp else ""
