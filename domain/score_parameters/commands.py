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
    """This shop's unit of time, a rhythm."""
    usual_visits_e3: Positive = 700
    """Visits in a rhythm that customers are taken to make as long as little is known of them."""
    leaving_e3: Positive = 400
    """How readily people leave for good (the shape of the hazard); small: hardly anybody ever leaves."""
    regularity_e3: Positive = 1200
    """1,000 is chance (a Poisson process); the larger, the more regular people's visits are."""
    patience_e2: Positive = 200
    """Rhythms of silence that pass before it says much about somebody of whom little is known."""
    typical_visit_minor: Annotated[dict[CurrencyOrAny, TypicalMinor], msgspec.Meta(max_length=400)] = (
        msgspec.field(default_factory=lambda: {ANY_CURRENCY: 5000})
    )
    """What a typical customer spends in a visit, by currency; `*` for any other one."""

    fading_e2: Positive = 400
    """Rhythms after which a visit, a sum spent or a department counts half."""
    newness_e2: Positive = 200
    """Rhythms for which a new customer is not blamed for visits they cannot have made yet."""
    doubling_points: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 40
    """Points for twice the purchases to be expected."""
    recency_doublings: Annotated[int, msgspec.Meta(ge=1, le=16)] = 8
    """Recency tells chances apart down to 2^-recency_doublings; times `doubling_points` it is the most that
    recency gives."""
    frequency_points_max: Points = 340
    """The most that frequency gives."""
    net_spend_doubling_points: Points = 12
    """Points for twice the net spend."""
    net_spend_points_max: Points = 110
    """The most that net spend gives."""
    breadth_points_max: Points = 55
    """The most that breadth (departments, channels) gives."""
    breadth_half_at: Positive = 3
    """Departments and channels, beyond the first of each, at which breadth gives half of the most."""
    tenure_doubling_points: Points = 3
    """Points for twice the time as a customer."""
    tenure_points_max: Points = 25
    """The most that tenure gives."""
    relationship_points_max: Annotated[int, msgspec.Meta(ge=0, le=150)] = 150
    """The most that the relationship (contacts answered, wishes fulfilled, heroic acts) gives."""
    relationship_half_at: Positive = 6
    """Weighted events at which the relationship gives half of the most."""
    relationship_half_life_days: Positive = 365
    """Days after which an event of the relationship counts half."""
    contact_weight: Weight = 1
    """What an answered contact counts."""
    wish_weight: Weight = 3
    """What a fulfilled wish counts."""
    heroic_act_weight: Weight = 5
    """What a verified heroic act counts."""

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
