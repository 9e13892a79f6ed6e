"""A period that has its statement, as far as what comes later depends on it."""

import msgspec
from msgspec.structs import replace

from domain.associate.commands import DeficitPolicy
from domain.commission_account.settling import MINUTES_PER_HOUR, Settlement, settle
from domain.money import half_up


class StatedPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """What a statement settled, as far as hours that come late and plans that are computed anew depend on it.

    `rate_minutes` are the hours it counted: minutes times the rate per hour of their day. `net_minor` is what
    its sales earned, by the plan that holds for them now. `anew_minor` is what plans computed anew are worth
    to its pay beside the commission that is posted elsewhere; below zero, they are worth less than that.
    """

    policy: DeficitPolicy
    net_minor: int
    rate_minutes: int
    owed_before_minor: int
    anew_minor: int = 0

    @property
    def due_anew_minor(self) -> int:
        """What is topped up for plans that were computed anew: what a statement paid stays paid."""
        return max(self.anew_minor, 0)

    def settled_with(self, late: int) -> Settlement:
        """What it comes to with late hours (minutes times the rate per hour)."""
        guarantee_minor = half_up(self.rate_minutes + late, MINUTES_PER_HOUR)
        return settle(self.policy, self.net_minor, guarantee_minor, self.owed_before_minor, is_final=False)

    def computed_anew(self, late_before: int, late_after: int, net_minor: int) -> "StatedPeriod":
        """The same once another plan changes its late hours, and its commission by `net_minor`."""
        anew = replace(self, net_minor=self.net_minor + net_minor)
        more_minor = anew.settled_with(late_after).pay_minor - self.settled_with(late_before).pay_minor
        return replace(anew, anew_minor=self.anew_minor + more_minor - net_minor)
