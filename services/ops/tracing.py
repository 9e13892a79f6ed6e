"""Under which plan, and at which rates, each commission entry of a statement was earned: as frozen on the day of the sale."""

from collections.abc import Iterable, Mapping

import msgspec

from domain.commission_account.events import CommissionEarned
from domain.ids import account_id_of
from infra.event_store.codec import decode
from projections.commission_ledger.queries import LedgerEntry
from services.ops.shop import Shop

#: The entries that a sale's frozen rates decide: what it earned, and what its return took back.
OF_A_SALE = ("earned", "clawed_back")
#: Rates in basis points by plan number, of a line of a sale.
Frozen = tuple[int, tuple[int, ...]]


class TracedEntry(LedgerEntry, frozen=True):
    """An entry, the plan it was earned under and the rates of its line; unknown where a correction brought the line in."""

    plan_no: int | None = None
    rates_bp: tuple[int, ...] = ()


def traced(shop: Shop, associate_id: str, entries: Iterable[LedgerEntry]) -> list[TracedEntry]:
    """The entries with what the facts of the account say of the sales they go back to."""
    frozen = frozen_rates(
        event
        for fact in shop.log.read_stream(account_id_of(associate_id))
        if isinstance(event := decode(fact.topic, fact.state), CommissionEarned)
    )
    return [with_rates(entry, frozen) for entry in entries]


def frozen_rates(earned: Iterable[CommissionEarned]) -> dict[tuple[str, int], Frozen]:
    """Plan and rates by sale and line number."""
    return {
        (event.sale_id, line.line_no): (
            event.plan_no,
            tuple(dict.fromkeys(band.rate_bp for band in line.bands)),
        )
        for event in earned
        for line in event.lines
    }


def with_rates(entry: LedgerEntry, frozen: Mapping[tuple[str, int], Frozen]) -> TracedEntry:
    """One entry with its plan and rates."""
    plan_no, rates_bp = None, ()
    if entry.kind in OF_A_SALE and entry.sale_id is not None and entry.line_no is not None:
        plan_no, rates_bp = frozen.get((entry.sale_id, entry.line_no), (None, ()))
    return TracedEntry(**msgspec.structs.asdict(entry), plan_no=plan_no, rates_bp=rates_bp)


def rates_in_words(rates_bp: tuple[int, ...]) -> str:
    """`6.75 %`, or `6.75, 8.00 %` for a line that crossed a tier."""
    return f"{', '.join(f'{rate_bp / 100:.2f}' for rate_bp in rates_bp)} %" if rates_bp else ""
