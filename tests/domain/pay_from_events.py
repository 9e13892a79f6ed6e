"""What events alone say of accounts: whatever plans were computed anew, and in whichever order, each line has
earned what its units earn by its credits, and these and each day have the rates of the plan that holds.

Nothing of the domain is used but the events. Sums are those of the second pay rules, in fractions.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from domain.associate.events import AssociateHired, PayPlanChanged
from domain.commission_account.events import (
    AllowanceClawedBack,
    CommissionClawedBack,
    CommissionEarned,
    CommissionMoved,
    CommissionRestored,
    HoursRecorded,
    LateHoursRecorded,
    PeriodRecomputed,
)
from domain.messages import Event
from domain.sale.events import (
    AttributionCorrected,
    PriceAllowed,
    SaleRecorded,
    SoldLine,
    UnitsRestored,
    UnitsReturned,
)
from domain.sale.events import Credit as SoldCredit
from tests.domain.pay_oracle_sums import Credit, Line

#: (sale, number of the line)
Place = tuple[str, int]


class Reckoning:
    """Folds the events of a history, and says at its end what does not add up."""

    def __init__(self, events: Iterable[Event], zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self.plans: dict[str, list[tuple[date, Any]]] = defaultdict(list)
        self.lines: dict[Place, tuple[Line, tuple[SoldCredit, ...], datetime]] = {}
        self.money: dict[tuple[str, Place], int] = defaultdict(int)
        self.rates: dict[tuple[str, date], int] = {}
        #: Lines of which nothing was left when another plan was agreed: they stay, also if units come again.
        self.stay: set[Place] = set()
        for event in events:
            self._take(event)

    def _take(self, event: Any) -> None:
        match event:
            case AssociateHired():
                self.plans[event.associate_id].append((event.hired_on, event.plan))
            case PayPlanChanged():
                self.plans[event.associate_id].append((event.effective_on, event.plan))
                gone = [place for place, (line, *_) in self.lines.items() if line.returned == line.quantity]
                self.stay.update(gone)
            case SaleRecorded():
                for line in event.lines:
                    self._sell(event.sale_id, line, event.occurred_at)
            case PriceAllowed():
                self._sell(event.sale_id, event.line, event.sold_at)
            case AttributionCorrected():
                line, _, sold_at = self.lines[event.sale_id, event.line_no]
                line.credits = _credits(event.after)
                self.lines[event.sale_id, event.line_no] = (line, event.after, sold_at)
            case UnitsReturned() | UnitsRestored():
                sign = 1 if isinstance(event, UnitsReturned) else -1
                for taken in event.lines:
                    self.lines[event.sale_id, taken.line_no][0].returned += sign * taken.quantity
            case CommissionEarned() | CommissionRestored():
                self._pay(event, [(line.line_no, line.commission_minor) for line in event.lines])
            case CommissionClawedBack():
                self._pay(event, [(line.line_no, -line.commission_minor) for line in event.lines])
            case CommissionMoved():
                self._pay(event, [(event.line_no, event.amount_minor)])
            case AllowanceClawedBack():
                self._pay(event, [(event.line_no, -event.amount_minor)])
            case HoursRecorded() | LateHoursRecorded():
                self.rates[event.associate_id, event.worked_on] = event.base_rate_minor
            case PeriodRecomputed():
                self.rates |= dict.fromkeys(
                    [(event.associate_id, day) for day in event.days], event.base_rate_minor
                )
            case _:
                pass

    def _sell(self, sale_id: str, sold: SoldLine, sold_at: datetime) -> None:
        line = Line(
            sold.sku, sold.department, sold.quantity, sold.net_minor, sold.tax_minor, _credits(sold.credits)
        )
        self.lines[sale_id, sold.line_no] = (line, sold.credits, sold_at)

    def _pay(self, event: Any, amounts: Sequence[tuple[int, int]]) -> None:
        for line_no, minor in amounts:
            self.money[event.associate_id, (event.sale_id, line_no)] += minor

    def differences(self) -> list[str]:
        """Lines whose money is not what their units earn, and lines and days at rates of another plan."""
        return [*self._wrong_money(), *self._wrong_rates(), *self._wrong_days()]

    def _wrong_money(self) -> Iterable[str]:
        earned: dict[tuple[str, Place], int] = {}
        for place, (line, _, _) in self.lines.items():
            for who, (_, commission) in line.between(line.returned, line.quantity).items():
                earned[who, place] = commission
        for account in self.money.keys() | earned.keys():
            if self.money.get(account, 0) != earned.get(account, 0):
                yield f"{account}: has {self.money.get(account)}, its units earn {earned.get(account)}"

    def _wrong_rates(self) -> Iterable[str]:
        """A line of which nothing is left stays as it was; one at a tier may have any rate of the plan."""
        for place, (line, credits, sold_at) in self.lines.items():
            for credit in credits if line.returned < line.quantity and place not in self.stay else ():
                # A calendar that was opened since may have made another day of it.
                days = {sold_at.astimezone(zone).date() for zone in (UTC, self._zone)}
                allowed = [_rates(self._plan_on(credit.associate_id, day), line.department) for day in days]
                rates = {band.rate_bp for band in credit.bands if band.base_e4}
                if not any(rates <= each for each in allowed):
                    yield f"{place} of {credit.associate_id}: {rates}, not one of {allowed}"

    def _wrong_days(self) -> Iterable[str]:
        for (who, day), rate_minor in self.rates.items():
            if rate_minor != self._plan_on(who, day).base_rate_minor:
                yield f"{day} of {who}: {rate_minor}"

    def _plan_on(self, who: str, day: date) -> Any:
        """The latest to take effect by then, of two on one day the one agreed later; else the first."""
        in_effect = [(since, number) for number, (since, _) in enumerate(self.plans[who]) if since <= day]
        return self.plans[who][max(in_effect)[1] if in_effect else 0][1]


def _rates(plan: Any, department: str | None) -> set[int]:
    if department is not None and department in plan.department_rates_bp:
        return {plan.department_rates_bp[department]}
    return {plan.rate_bp, *(tier.rate_bp for tier in plan.tiers)}


def _credits(credits: tuple[SoldCredit, ...]) -> list[Credit]:
    return [
        Credit(
            credit.associate_id,
            Fraction(credit.share_bp, 10_000),
            [(Fraction(band.base_e4, 10_000), Fraction(band.rate_bp, 10_000)) for band in credit.bands],
            kept=None
            if credit.sales_minor is None or credit.commission_minor is None
            else (credit.sales_minor, credit.commission_minor),
        )
        for credit in credits
    ]
