"""For how long a score holds, while nothing happens."""

from typing import NamedTuple

from projections.loyalty_score.parameters import Parameters
from projections.loyalty_score.score import MILLI, points_of
from projections.loyalty_score.state import LoyaltyState


class HeldScore(NamedTuple):
    """A score, and the first instant (seconds since 1970) at which it may be another one."""

    total: int
    until: int


def held_score(state: LoyaltyState, as_of: int, end: int, parameters: Parameters) -> HeldScore:
    """The score as of an instant, and until when it is that, `end` at the latest.

    No score grows while nothing happens. So one that is the same at both ends of a time is the same within,
    and where it falls is found by halving.
    """
    known = (
        *(sale.known_at for sale in state.sales),
        *(returned.known_at for returned in state.returns),
        *(touchpoint.at for touchpoint in state.touchpoints),
        *(revocation.at for revocation in state.revoked),
    )
    end = min((at for at in known if as_of < at < end), default=end)
    total = _total(state, as_of, parameters)
    same, other = as_of, end
    if _total(state, end - 1, parameters) == total:
        return HeldScore(total, end)
    while other - same > 1:
        between = (same + other) // 2
        if _total(state, between, parameters) == total:
            same = between
        else:
            other = between
    return HeldScore(total, other)


def _total(state: LoyaltyState, as_of: int, parameters: Parameters) -> int:
    return (sum(points_of(state, as_of, parameters)) + MILLI // 2) // MILLI
