"""The score: how many purchases are to be expected of a customer, in points, with the reasons. Pure, and
exact.

Recency and frequency are logarithms of the two factors of an expectation: are they still ours, and how often
do they come.
`doubling_points` more stand for twice the purchases expected; net spend, breadth, tenure and relationship
come on top. Every quantity is an integer in parts of 2^32 (see fixed_point): the same points on every
machine. None grows while nothing happens. docs/loyalty-score.md derives the formula and shows how well it
predicts.
"""

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

import msgspec

from projections.loyalty_score.fixed_point import ONE, PER_LN2, doubled, doublings, halved
from projections.loyalty_score.parameters import DEFAULT, Parameters, ParametersAt
from projections.loyalty_score.reasons import Evidence, evidence_of, reason_for
from projections.loyalty_score.state import DAY_SECONDS, LoyaltyState, Touchpoint
from projections.loyalty_score.visits import Visit, kept_visits

ComponentName = Literal["recency", "frequency", "net_spend", "breadth", "tenure", "relationship"]
NAMES: Final[tuple[ComponentName, ...]] = (
    "recency",
    "frequency",
    "net_spend",
    "breadth",
    "tenure",
    "relationship",
)
MILLI: Final = 1000


class Component(msgspec.Struct, frozen=True):
    """One reason.

    `points` are whole and add up to the total; `points_milli` are what they were rounded from.
    """

    name: ComponentName
    points: int
    points_milli: int
    points_max: int
    reason: str
    events: tuple[Evidence, ...]


class Score(msgspec.Struct, frozen=True):
    """The score as of an instant.

    `total` is 0..1,000; `total_milli`, its thousandths, tells neighbours apart in a ranking.
    """

    as_of: int
    total: int
    total_milli: int
    parameters_version: int
    components: tuple[Component, ...]


class PointsMilli(NamedTuple):
    """Thousandths of points by component, in the order of NAMES."""

    recency: int = 0
    frequency: int = 0
    net_spend: int = 0
    breadth: int = 0
    tenure: int = 0
    relationship: int = 0


class ScorePoint(NamedTuple):
    """A score on the way, for a chart."""

    as_of: int
    total: int


def score_of(state: LoyaltyState, as_of: int, parameters: Parameters = DEFAULT) -> Score:
    """The score as of an instant (seconds since 1970, inclusive), explained.

    Events after it change nothing.
    """
    visits, touchpoints = kept_visits(state, as_of), _touchpoints(state, as_of)
    points = _points(visits, touchpoints, as_of, parameters)
    maxima = (
        parameters.recency_points_max,
        parameters.frequency_points_max,
        parameters.net_spend_points_max,
        parameters.breadth_points_max,
        parameters.tenure_points_max,
        parameters.relationship_points_max,
    )
    components: list[Component] = []
    exact = shown = 0
    for name, milli, points_max in zip(NAMES, points, maxima, strict=True):
        # As with money: the running sum is rounded, a part is the difference between neighbours, so the parts
        # add up.
        exact += milli
        rounded = _rounded(exact)
        components.append(
            Component(
                name,
                rounded - shown,
                milli,
                points_max,
                reason_for(name, visits, touchpoints, as_of),
                evidence_of(name, visits, touchpoints),
            )
        )
        shown = rounded
    return Score(as_of, shown, exact, parameters.version, tuple(components))


def points_of(state: LoyaltyState, as_of: int, parameters: Parameters = DEFAULT) -> PointsMilli:
    """The points alone, unexplained: for rankings and charts."""
    return _points(kept_visits(state, as_of), _touchpoints(state, as_of), as_of, parameters)


def history(
    state: LoyaltyState,
    start: int,
    end: int,
    step: int,
    parameters_at: ParametersAt = lambda _: DEFAULT,
) -> Iterator[ScorePoint]:
    """The score every `step` seconds from `start` to `end`, each with the parameters in force then; ends with
    `end`.
    """
    for as_of in range(start, end, step):
        yield ScorePoint(as_of, _rounded(sum(points_of(state, as_of, parameters_at(as_of)))))
    yield ScorePoint(end, _rounded(sum(points_of(state, end, parameters_at(end)))))


def _rounded(milli: int) -> int:
    return (milli + MILLI // 2) // MILLI


def _touchpoints(state: LoyaltyState, as_of: int) -> list[Touchpoint]:
    revoked = {revocation.subject for revocation in state.revoked if revocation.at <= as_of}
    return [
        touchpoint
        for touchpoint in state.touchpoints
        if touchpoint.at <= as_of and touchpoint.subject not in revoked
    ]


def _points(visits: list[Visit], touchpoints: list[Touchpoint], as_of: int, p: Parameters) -> PointsMilli:
    relationship = _relationship(touchpoints, as_of, p)
    if not visits:
        return PointsMilli(relationship=relationship)
    return PointsMilli(
        recency=_recency(visits, as_of, p),
        frequency=_frequency(visits, as_of, p),
        net_spend=_net_spend(visits, as_of, p),
        breadth=_breadth(visits, as_of, p),
        tenure=_tenure(visits, as_of, p),
        relationship=relationship,
    )


def _in_points(doublings_found: int, points_each: int, points_max: int) -> int:
    return min(points_max * MILLI, doublings_found * points_each * MILLI >> 32)


def _recency(visits: list[Visit], as_of: int, p: Parameters) -> int:
    """The chance that they have not left for good, on a logarithmic scale.

    Pareto/NBD (Schmittlein, Morrison & Colombo 1987) with both rates' scales equal, and with the exponent of
    the visits times the regularity: the odds that they have left are  s / (r + s + x) * (((a + T) / (a + t))
    ^ (k (r + x) + s) - 1) for x repeat visits, t between the first and the last, T since the first; s =
    leaving, r = usual visits, k = regularity, a = patience. So silence counts by how far it exceeds what came
    before it, and the more by the more visits have shown their rhythm.
    """
    first, last, repeats = visits[0].at, visits[-1].at, len(visits) - 1
    overshoot = doublings(p.patience_seconds + as_of - first, p.patience_seconds + last - first)
    exponent_e6 = (p.usual_visits_e3 + repeats * 1000) * p.regularity_e3 + p.leaving_e3 * 1000
    power = doubled(overshoot * exponent_e6 // 10**6)
    left_odds = (power - ONE) * p.leaving_e3 // (p.usual_visits_e3 + p.leaving_e3 + repeats * 1000)
    # log2(1 + (2^d - 1) * chance) with chance = 1 / (1 + odds): d doublings when they are surely here, none
    # when surely gone.
    found = doublings((ONE << p.recency_doublings) + left_odds, ONE + left_odds)
    return _in_points(found, p.doubling_points, p.recency_points_max)


def _frequency(visits: list[Visit], as_of: int, p: Parameters) -> int:
    """How often they come of late: repeat visits over time, both fading by half in every half-life.

    (r + sum of 2^(-age / h)) / (n + h / ln 2 * (1 - 2^(-T / h))): the usual visits r and the newness n stand
    for what is not known yet. The logarithm is taken against somebody who last came an eternity ago.
    """
    half_life = p.half_life_seconds
    usual = p.usual_visits_e3 * ONE // 1000
    repeats = sum(halved(as_of - visit.at, half_life) for visit in visits[1:])
    full = half_life * PER_LN2
    seen = half_life * (ONE - halved(as_of - visits[0].at, half_life)) * PER_LN2 >> 32
    newness = p.newness_seconds * ONE
    found = doublings((usual + repeats) * (newness + full), usual * (newness + seen))
    return _in_points(found, p.doubling_points, p.frequency_points_max)


def _net_spend(visits: list[Visit], as_of: int, p: Parameters) -> int:
    """What they spent and kept, fading, in quarters of a typical visit."""
    typical = 0
    for visit in visits:
        weight = halved(as_of - visit.at, p.half_life_seconds)
        for kept in visit.sales:
            typical += kept.net_minor * weight // p.typical_visit_minor_in(kept.sale.currency)
    return _in_points(doublings(ONE + 4 * typical, ONE), p.net_spend_doubling_points, p.net_spend_points_max)


def _breadth(visits: list[Visit], as_of: int, p: Parameters) -> int:
    """Departments and channels beyond the first of each, fading since they last bought there."""
    departments: dict[str, int] = {}
    channels: dict[str, int] = {}
    for visit in visits:
        for kept in visit.sales:
            channels[kept.sale.channel] = visit.at
            departments.update(dict.fromkeys(kept.departments, visit.at))
    beyond = sum(
        halved(as_of - at, p.half_life_seconds)
        for last_bought in (departments, channels)
        for at in sorted(last_bought.values())[:-1]
    )
    return p.breadth_points_max * MILLI * beyond // (beyond + p.breadth_half_at * ONE)


def _tenure(visits: list[Visit], as_of: int, p: Parameters) -> int:
    """For how long they came, fading since they last did."""
    came_for, silent_for = visits[-1].at - visits[0].at, as_of - visits[-1].at
    found = doublings(p.rhythm_seconds + came_for, p.rhythm_seconds)
    return _in_points(
        found * halved(silent_for, p.half_life_seconds) >> 32, p.tenure_doubling_points, p.tenure_points_max
    )


def _relationship(touchpoints: list[Touchpoint], as_of: int, p: Parameters) -> int:
    """Contacts answered, wishes fulfilled, heroic acts, fading; ever more of them come ever closer to the
    most there is.
    """
    weights = {"contact": p.contact_weight, "wish": p.wish_weight, "heroic_act": p.heroic_act_weight}
    half_life = p.relationship_half_life_days * DAY_SECONDS
    felt = sum(
        weights[touchpoint.kind] * halved(as_of - touchpoint.at, half_life) for touchpoint in touchpoints
    )
    return p.relationship_points_max * MILLI * felt // (felt + p.relationship_half_at * ONE)
