"""Alternative pay rules: what they change in a pay plan, from which day on, and for whom."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

import msgspec
from msgspec.structs import replace

from domain.associate.commands import DeficitPolicy, PayPlan, Tier
from domain.associate.events import frozen
from domain.associate.state import AgreedPlan, AssociateState
from domain.money import WHOLE_BP

#: The largest amount of a pay plan.
NET_SALES_MINOR_MAX: Final = 10**15


class AlternativeRules(msgspec.Struct, frozen=True, kw_only=True):
    """Changes of the pay plans; None leaves a value as each plan has it.

    `rate_bp` is then the one rate of everything sold: department rates and tiers of the plan are ignored.
    `department_rates_bp` are added, or replace those of the plan; `tiers` replace those of the plan. `since`:
    the first day of the changed plans. `associate_ids`: whose plans are changed; None for all.
    """

    policy: DeficitPolicy | None = None
    rate_bp: int | None = None
    base_rate_minor: int | None = None
    department_rates_bp: dict[str, int] = {}
    tiers: tuple[Tier, ...] = ()
    since: date | None = None
    associate_ids: frozenset[str] | None = None

    @property
    def change_nothing(self) -> bool:
        """Whether every plan stays as it was."""
        unset = self.policy is None and self.rate_bp is None and self.base_rate_minor is None
        return unset and not self.department_rates_bp and not self.tiers

    def plan(self, plan: PayPlan) -> PayPlan:
        """The pay plan under these rules."""
        if self.rate_bp is not None:
            plan = replace(plan, rate_bp=self.rate_bp, department_rates_bp={}, tiers=())
        if self.department_rates_bp:
            plan = replace(plan, department_rates_bp={**plan.department_rates_bp, **self.department_rates_bp})
        if self.tiers:
            plan = replace(plan, tiers=self.tiers)
        if self.base_rate_minor is not None:
            plan = replace(plan, base_rate_minor=self.base_rate_minor)
        return plan if self.policy is None else replace(plan, deficit_policy=self.policy)

    def employment(self, associate: AssociateState) -> AssociateState:
        """The same employment with the changed plans. Plans keep their numbers."""
        if self.change_nothing or not self._concern(associate.associate_id):
            return associate
        if self.since is None:
            return replace(associate, plans=tuple(map(self._changed, associate.plans)))
        plans = [
            self._changed(agreed) if agreed.effective_on >= self.since else agreed
            for agreed in associate.plans
        ]
        in_force = associate.plan_on(self.since)
        if in_force.effective_on < self.since:
            plans.append(replace(self._changed(in_force), effective_on=self.since))
        return replace(associate, plans=tuple(plans))

    def _concern(self, associate_id: str) -> bool:
        return self.associate_ids is None or associate_id in self.associate_ids

    def _changed(self, agreed: AgreedPlan) -> AgreedPlan:
        return replace(agreed, plan=frozen(self.plan(agreed.plan)))


def rate_bp_of(text: str) -> int:
    """Parse a rate: `675` basis points, or `6.75%`.

    Raises ValueError with a sentence that says what is wrong.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(%|bp)?", text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no rate: write 675 (basis points) or 6.75%")
    number, unit = Decimal(match[1]), match[2]
    if unit != "%" and "." in match[1]:
        raise ValueError(
            f"{text!r} could be a percentage or basis points: write {text}% or whole basis points"
        )
    bp = number * 100 if unit == "%" else number
    if bp != int(bp):
        raise ValueError(f"{text!r} is finer than a basis point (0.01 %), the finest a plan can say")
    if bp > WHOLE_BP:
        raise ValueError(
            f"{text!r} is more than everything: a rate is at most 100%, or {WHOLE_BP} basis points"
        )
    return int(bp)


def department_rates_of(texts: Sequence[str]) -> dict[str, int]:
    """Parse department rates: `shoes=9%`. Raises ValueError, also for a department that is named twice."""
    rates: dict[str, int] = {}
    for text in texts:
        department, is_said, rate = text.rpartition("=")
        if not is_said or not department:
            raise ValueError(f"{text!r} is no rate of a department: write shoes=9%")
        if department in rates:
            raise ValueError(f"{department!r} is given two rates")
        rates[department] = rate_bp_of(rate)
    return rates


def tiers_of(texts: Sequence[str]) -> tuple[Tier, ...]:
    """Parse tiers, by rising net sales of the period in minor units: `1000000=8%`. Raises ValueError."""
    rates: dict[int, int] = {}
    for text in texts:
        amount, is_said, rate = text.partition("=")
        if not is_said or not amount.isdecimal() or int(amount) > NET_SALES_MINOR_MAX:
            raise ValueError(f"{text!r} is no tier: write 1000000=8% for 8 % from 10,000.00 on")
        if int(amount) in rates:
            raise ValueError(f"two tiers begin at {int(amount)}")
        rates[int(amount)] = rate_bp_of(rate)
    return tuple(Tier(from_minor, rates[from_minor]) for from_minor in sorted(rates))
