"""Commands about the parameters of the loyalty score."""

from typing import Annotated, ClassVar, Final

import msgspec

from domain.ids import Code
from domain.messages import Command

Positive = Annotated[int, msgspec.Meta(ge=1, le=10**9)]
Points = Annotated[int, msgspec.Meta(ge=0, le=1_000)]
Weight = Annotated[int, msgspec.Meta(ge=0, le=1_000)]
TypicalMinor = Annotated[int, msgspec.Meta(ge=1, le=10**15)]
CurrencyOrAny = Annotated[str, msgspec.Meta(pattern=r"^([A-Z]{3}|\*)$", max_length=3)]

#: The currency whose typical visit stands in for one that is not listed.
ANY_CURRENCY: Final = "*"


class ScoreParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All numbers of one version; those left out are the ones that hold until a shop has been calibrated.

    Suffixes: `_e3` thousandths, `_e2` hundredths, `_minor` minor units, `_points` points of the 1,000. The
    first group describes the customers of a shop, the second says what things are worth and is a decision
    (docs/loyalty-score.md).

    `rhythm_hours`: this shop's unit of time. Together with `usual_visits_e3` it says how often people come:
    as long as little is known of a customer, they are taken to come `usual_visits` times in each `rhythm`.
    `leaving_e3`: how readily people leave for good (the shape of the hazard); small: hardly anybody ever
    leaves.
    `regularity_e3`: 1,000 is chance (a Poisson process); the more regular people's visits, the larger, and
    the more overshooting one's own rhythm says.
    `patience_e2`: how many rhythms of silence pass before it says much about somebody of whom little is
    known.
    `typical_visit_minor`: what a typical customer spends in a visit, by currency; "*" for any other one.
    `fading_e2`: after so many rhythms a visit, a sum spent, a department counts half.
    `newness_e2`: for so many rhythms a new customer is not blamed for the visits they cannot have made yet.
    `doubling_points`: points for twice the purchases to be expected. Recency and frequency are counted in
    these.
    `recency_doublings`: recency tells chances apart down to 2^-recency_doublings.
    """

    rhythm_hours: Positive = 75 * 24
    usual_visits_e3: Positive = 700
    leaving_e3: Positive = 400
    regularity_e3: Positive = 1200
    patience_e2: Positive = 200
    typical_visit_minor: Annotated[dict[CurrencyOrAny, TypicalMinor], msgspec.Meta(max_length=400)] = (
        msgspec.field(default_factory=lambda: {ANY_CURRENCY: 5000})
    )

    fading_e2: Positive = 400
    newness_e2: Positive = 200
    doubling_points: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 40
    recency_doublings: Annotated[int, msgspec.Meta(ge=1, le=16)] = 8
    frequency_points_max: Points = 340
    net_spend_doubling_points: Points = 12
    net_spend_points_max: Points = 110
    breadth_points_max: Points = 55
    breadth_half_at: Positive = 3
    tenure_doubling_points: Points = 3
    tenure_points_max: Points = 25
    relationship_points_max: Annotated[int, msgspec.Meta(ge=0, le=150)] = 150
    relationship_half_at: Positive = 6
    relationship_half_life_days: Positive = 365
    contact_weight: Weight = 1
    wish_weight: Weight = 3
    heroic_act_weight: Weight = 5

    @property
    def recency_points_max(self) -> int:
        """The most that recency gives."""
        return self.doubling_points * self.recency_doublings

    @property
    def points_max(self) -> int:
        """The most a score can be."""
        return (
            self.recency_points_max
            + self.frequency_points_max
            + self.net_spend_points_max
            + self.breadth_points_max
            + self.tenure_points_max
            + self.relationship_points_max
        )


class AdoptScoreParameters(Command, frozen=True, kw_only=True):
    """From now on scores are computed with these parameters. Scores of earlier dates stay what they were."""

    subject: ClassVar = ""

    parameters: ScoreParameters
    reason: Code | None = None
