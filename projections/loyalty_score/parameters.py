"""The numbers a score is reckoned with: whole numbers, versioned, in force from a date on.

The first group describes the customers of a shop and is found by `clienteling score calibrate` from its history. The second says
what things are worth in points and is a decision. docs/loyalty-score.md tells what each does.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Final

import msgspec

Positive = Annotated[int, msgspec.Meta(ge=1)]
NotNegative = Annotated[int, msgspec.Meta(ge=0)]

HOUR_SECONDS: Final = 3600
#: The currency whose typical visit stands in for one that is not listed.
ANY_CURRENCY: Final = "*"


class Parameters(msgspec.Struct, frozen=True, kw_only=True):
    """One version. Suffixes: `_e3` thousandths, `_e2` hundredths, `_minor` cents, `_points` points of the 1,000.

    `rhythm_hours`: this shop's unit of time. Together with `usual_visits_e3` it says how often people come: as long as little is
    known of a customer, she is taken to come `usual_visits` times in each `rhythm`.
    `leaving_e3`: how readily people leave for good (the shape of the hazard); small: hardly anybody ever leaves.
    `regularity_e3`: 1,000 is chance (a Poisson process); the more regular people's visits, the larger, and the more
    overshooting one's own rhythm says.
    `patience_e2`: how many rhythms of silence pass before it says much about somebody of whom little is known.
    `typical_visit_minor`: what a typical customer spends in a visit, by currency; "*" for any other one.
    `fading_e2`: after so many rhythms a visit, a sum spent, a department counts half.
    `newness_e2`: for so many rhythms a new customer is not blamed for the visits she cannot have made yet.
    `doubling_points`: points for twice the purchases to be expected. Recency and frequency are counted in these.
    `recency_doublings`: recency tells chances apart down to 2^-recency_doublings.
    """

    version: int = 1
    rhythm_hours: Positive = 75 * 24
    usual_visits_e3: Positive = 700
    leaving_e3: Positive = 400
    regularity_e3: Positive = 1200
    patience_e2: Positive = 200
    typical_visit_minor: dict[str, Positive] = msgspec.field(default_factory=lambda: {ANY_CURRENCY: 5000})

    fading_e2: Positive = 400
    newness_e2: Positive = 200
    doubling_points: Positive = 40
    recency_doublings: Annotated[int, msgspec.Meta(ge=1, le=16)] = 8
    frequency_points_max: NotNegative = 340
    net_spend_doubling_points: NotNegative = 12
    net_spend_points_max: NotNegative = 110
    breadth_points_max: NotNegative = 55
    breadth_half_at: Positive = 3
    tenure_doubling_points: NotNegative = 3
    tenure_points_max: NotNegative = 25
    relationship_points_max: Annotated[int, msgspec.Meta(ge=0, le=150)] = 150
    relationship_half_at: Positive = 6
    relationship_half_life_days: Positive = 365
    contact_weight: NotNegative = 1
    wish_weight: NotNegative = 3
    heroic_act_weight: NotNegative = 5

    @property
    def rhythm_seconds(self) -> int:
        return self.rhythm_hours * HOUR_SECONDS

    @property
    def half_life_seconds(self) -> int:
        return self.rhythm_seconds * self.fading_e2 // 100

    @property
    def newness_seconds(self) -> int:
        return self.rhythm_seconds * self.newness_e2 // 100

    @property
    def patience_seconds(self) -> int:
        return self.rhythm_seconds * self.patience_e2 // 100

    @property
    def recency_points_max(self) -> int:
        return self.doubling_points * self.recency_doublings

    @property
    def points_max(self) -> int:
        """The most a score can be: at most 1,000."""
        return (
            self.recency_points_max
            + self.frequency_points_max
            + self.net_spend_points_max
            + self.breadth_points_max
            + self.tenure_points_max
            + self.relationship_points_max
        )

    def typical_visit_minor_in(self, currency: str) -> int:
        """What a typical customer spends in a visit."""
        return self.typical_visit_minor.get(currency) or self.typical_visit_minor.get(ANY_CURRENCY) or 5000

    def __post_init__(self) -> None:
        if self.points_max > 1000:
            raise ValueError(f"the components' points add up to {self.points_max}; a score ends at 1,000")
        if min(self.half_life_seconds, self.newness_seconds, self.patience_seconds) < 1:
            raise ValueError("fading, newness and patience must come to a second at least")


#: What holds until a shop has been calibrated: a department store whose customers come every few months.
DEFAULT: Final = Parameters()


class InForce(msgspec.Struct, frozen=True):
    """Parameters and the instant (seconds since 1970) from which they hold."""

    since: int
    parameters: Parameters


def parameters_at(facts: Sequence[InForce]) -> Callable[[int], Parameters]:
    """Which parameters hold at an instant: the latest ones in force by then, of equal ones the later in the log; else DEFAULT."""
    ordered = sorted(facts, key=lambda fact: fact.since)

    def at(instant: int) -> Parameters:
        held = DEFAULT
        for fact in ordered:
            if fact.since > instant:
                break
            held = fact.parameters
        return held

    return at
