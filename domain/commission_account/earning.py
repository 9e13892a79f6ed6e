"""The events that a sale, a return or a correction writes to the accounts of those credited: one for each
account.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from domain.associate.policies import known_associate
from domain.commission_account.events import (
    AccountEvent,
    AllowanceClawedBack,
    ClawedBackLine,
    CommissionClawedBack,
    CommissionEarned,
    CommissionMoved,
    CommissionRestored,
    EarnedLine,
)
from domain.commission_account.posting import posting_at
from domain.commission_account.threatening import deficit_threatening
from domain.sale.crediting import Seller
from domain.sale.events import Credit, SaleRecorded, SoldLine
from domain.sale.parts import Part, parts_between
from domain.sale.state import LineState, SaleState
from domain.state_reader import StateReader


class UnitRange(msgspec.Struct, frozen=True):
    """Units of a line that come back: those after the `first` up to the `last`, counted in the order of
    returning.
    """

    line: SoldLine
    first: int
    last: int

    @property
    def quantity(self) -> int:
        return self.last - self.first


def commission_earned(sale: SaleRecorded, sellers: dict[str, Seller]) -> list[CommissionEarned]:
    """What everybody credited earns, in the order of `sellers` (as the receipt first names them)."""
    lines: dict[str, list[EarnedLine]] = {associate_id: [] for associate_id in sellers}
    sales_minor = dict.fromkeys(sellers, 0)
    for line in sale.lines:
        for credit, part in zip(line.credits, parts_between(line, 0, line.quantity), strict=True):
            lines[credit.associate_id].append(EarnedLine(line.line_no, credit.bands, part.commission_minor))
            sales_minor[credit.associate_id] += part.sales_minor
    return [
        CommissionEarned(
            occurred_at=sale.occurred_at,
            associate_id=associate_id,
            currency=sale.currency,
            sale_id=sale.sale_id,
            period_id=sellers[associate_id].posting.period_id,
            waits_for=sellers[associate_id].posting.waits_for,
            plan_no=sellers[associate_id].agreed.plan_no,
            sales_minor=sales_minor[associate_id],
            lines=tuple(of_account),
            amount_minor=sum([line.commission_minor for line in of_account]),
        )
        for associate_id, of_account in lines.items()
    ]


def commission_clawed_back(
    states: StateReader, sale: SaleState, return_id: str, taken: Sequence[UnitRange], at: datetime
) -> list[AccountEvent]:
    """What everybody credited gives back: the cents that these units earned, whoever took them in (rules 1
    and 2); and a warning where a deficit threatens.
    """
    events: list[AccountEvent] = []
    for what in _of_each_credited(states, sale, return_id, taken, at):
        clawed_back = CommissionClawedBack(**what)
        events += [clawed_back, *deficit_threatening(states, clawed_back)]
    return events


def commission_restored(
    states: StateReader, sale: SaleState, return_id: str, kept: Sequence[UnitRange], at: datetime
) -> list[CommissionRestored]:
    """What everybody credited now is given again for units that did not come back after all."""
    return [CommissionRestored(**what) for what in _of_each_credited(states, sale, return_id, kept, at)]


def _of_each_credited(
    states: StateReader, sale: SaleState, return_id: str, concerned: Sequence[UnitRange], at: datetime
) -> Iterator[dict[str, Any]]:
    """The fields of everybody's event about these units, in the order in which they are credited first."""
    quantities = {units.line.line_no: units.quantity for units in concerned}
    shared: dict[str, list[tuple[SoldLine, Part]]] = {}
    for units in concerned:
        for part in parts_between(units.line, units.first, units.last):
            shared.setdefault(part.associate_id, []).append((units.line, part))
    for associate_id, shares in shared.items():
        posting = posting_at(states, known_associate(states, associate_id), at)
        yield {
            "occurred_at": at,
            "associate_id": associate_id,
            "currency": sale.currency,
            "return_id": return_id,
            "sale_id": sale.sale_id,
            "period_id": posting.period_id,
            "waits_for": posting.waits_for,
            "sales_minor": sum(part.sales_minor for _, part in shares),
            "lines": tuple(
                ClawedBackLine(
                    line.line_no, quantities[line.line_no], part.sales_minor, part.commission_minor
                )
                for line, part in shares
            ),
            "amount_minor": sum(part.commission_minor for _, part in shares),
        }


def allowance_clawed_back(
    states: StateReader, sale: SaleState, line: LineState, left: SoldLine, at: datetime
) -> list[AccountEvent]:
    """What everybody credited gives back of a line of which the customer got money back: what its units
    earned, less what they earn as they are `left`.
    """
    before = parts_between(line.sold, line.returned, line.sold.quantity)
    events: list[AccountEvent] = []
    for had, has in zip(before, parts_between(left, 0, left.quantity), strict=True):
        if had == has:
            continue
        posting = posting_at(states, known_associate(states, had.associate_id), at)
        taken_back = AllowanceClawedBack(
            occurred_at=at,
            associate_id=had.associate_id,
            currency=sale.currency,
            sale_id=sale.sale_id,
            line_no=left.line_no,
            period_id=posting.period_id,
            waits_for=posting.waits_for,
            sales_minor=had.sales_minor - has.sales_minor,
            amount_minor=had.commission_minor - has.commission_minor,
        )
        events += [taken_back, *deficit_threatening(states, taken_back)]
    return events


def commission_moved(
    states: StateReader,
    sale: SaleState,
    line: LineState,
    after: tuple[Credit, ...],
    at: datetime,
    reason: str | None = None,
) -> list[CommissionMoved]:
    """What everybody loses or gains when a line's credits become `after`.

    Only units the customer still has are moved: what came back was taken back from those who had been
    credited then. Later returns take back from the new credits, so that a full return still leaves nothing
    with anybody. With a `reason` the line is computed anew: it is posted as of the day it was sold, and the
    other side is the house.
    """
    before = line.sold.credits
    corrected = msgspec.structs.replace(line.sold, credits=after)
    lost = {part.associate_id: part for part in parts_between(line.sold, line.returned, line.sold.quantity)}
    gained = {part.associate_id: part for part in parts_between(corrected, line.returned, line.sold.quantity)}
    concerned = list(dict.fromkeys((*lost, *gained)))
    credits_before = {credit.associate_id: credit for credit in before}
    credits_after = {credit.associate_id: credit for credit in after}
    events: list[CommissionMoved] = []
    for associate_id in concerned:
        nothing = Part(associate_id, 0, 0)
        minus, plus = lost.get(associate_id, nothing), gained.get(associate_id, nothing)
        if minus == plus and credits_before.get(associate_id) == credits_after.get(associate_id):
            continue
        posting = posting_at(states, known_associate(states, associate_id), sale.sold_at if reason else at)
        others = () if reason else tuple(other for other in concerned if other != associate_id)
        by = credits_after.get(associate_id) if reason else None
        events.append(
            CommissionMoved(
                occurred_at=at,
                associate_id=associate_id,
                currency=sale.currency,
                sale_id=sale.sale_id,
                line_no=line.sold.line_no,
                period_id=posting.period_id,
                waits_for=posting.waits_for,
                sales_minor=plus.sales_minor - minus.sales_minor,
                amount_minor=plus.commission_minor - minus.commission_minor,
                counterparties=others,
                reason=reason,
                plan_no=by.plan_no if by is not None else None,
                rates_bp=tuple(dict.fromkeys(band.rate_bp for band in by.bands)) if by is not None else (),
            )
        )
    return events
