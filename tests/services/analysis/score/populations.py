"""Made-up populations, the same on every run: customers who come by chance or by rhythm, and leave for
good.
"""

import numpy as np

from projections.loyalty_score.state import Goods, LoyaltyState, visit

DAY = 86_400
START = 15_000 * DAY


def pareto_nbd(
    customers: int,
    *,
    r: float,
    rhythm_days: float,
    s: float,
    regularity: float = 1.0,
    days: int = 730,
    seed: int = 1,
    spend_is_noise: bool = False,
) -> list[LoyaltyState]:
    """Rates from Gamma(r, rhythm), lifetimes from Gamma(s, rhythm), gaps from Gamma(regularity); arrivals
    in the first half of `days`.
    """
    chance = np.random.default_rng(seed)
    states: list[LoyaltyState] = []
    for rate, leaving in zip(
        chance.gamma(r, 1 / rhythm_days, customers), chance.gamma(s, 1 / rhythm_days, customers), strict=True
    ):
        at = chance.uniform(0, days / 2)
        until = min(float(days), at + chance.exponential(1 / max(leaving, 1e-9)))
        state = LoyaltyState()
        while at < until and len(state.sales) < 2000:
            bought(state, START + int(at * DAY), int(chance.lognormal(8, 1.5)) if spend_is_noise else 3_000)
            at += chance.gamma(regularity, 1 / (regularity * rate)) if rate > 1e-9 else days
        if state.sales:
            states.append(state)
    return states


def bought(state: LoyaltyState, at: int, net_minor: int = 3_000) -> None:
    position = len(state.sales) + 1
    visit(
        state,
        sale_id=f"sal_{position}",
        sold_at=at,
        known_at=at,
        position=position,
        channel="store",
        currency="USD",
        goods=[Goods(None, 1, net_minor)],
    )
