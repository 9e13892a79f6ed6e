"""Queries of the loyalty score: the SQL, and how rows become scores as of any date.

Parameters are psycopg's named ones.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from domain.messages import made_of
from projections.loyalty_score.fold import LoyaltyRow
from projections.loyalty_score.folding import seconds_of
from projections.loyalty_score.parameters import DEFAULT, Parameters, ParametersAt
from projections.loyalty_score.reasons import Evidence
from projections.loyalty_score.score import MILLI, Score, ScorePoint, history, points_of, score_of
from projections.loyalty_score.state import LoyaltyState, merged
from projections.loyalty_score.visits import kept_visits

_ROW: Final = "SELECT key, position, state::text AS state FROM projections.loyalty_score "

#: Every record of one person, whichever of them is asked for. Parameter: customer_id.
CUSTOMER_ROWS: Final = f"""
    WITH person AS (
        SELECT coalesce(merged_into, key) AS survivor FROM projections.loyalty_score
        WHERE key = %(customer_id)s
    )
    {_ROW} WHERE key IN (SELECT survivor FROM person)
    UNION ALL
    {_ROW} WHERE merged_into IN (SELECT survivor FROM person)
"""

#: Every record of several persons, who are named by their active records. Parameter: customer_ids.
CUSTOMERS_ROWS: Final = f"""
    {_ROW} WHERE key = ANY(%(customer_ids)s::text[])
    UNION ALL
    {_ROW} WHERE merged_into = ANY(%(customer_ids)s::text[])
"""

#: Every record there is, for rankings of the whole company.
ALL_ROWS: Final = _ROW + "ORDER BY key"


def states_by_customer(rows: Iterable[LoyaltyRow]) -> dict[str, LoyaltyState]:
    """The state of each person, by their active record; merged records count as one, the survivor's first."""
    by_person: dict[str, list[LoyaltyState]] = {}
    for row in sorted(rows, key=lambda row: (row.merged_into is not None, row.customer_id)):
        by_person.setdefault(row.merged_into or row.customer_id, []).append(row.known)
    return {person: states[0] if len(states) == 1 else merged(states) for person, states in by_person.items()}


class ComponentDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One reason of a score; `events` are what made it, oldest first."""

    name: str
    points: int
    points_max: int
    reason: str
    events: list["EvidenceDocument"]


class EvidenceDocument(msgspec.Struct, frozen=True, kw_only=True):
    """An event behind a component; `position` is its place in the log, `amount_minor` the spend it brought or
    took back.
    """

    kind: str
    position: int
    occurred_at: datetime
    subject_id: str
    amount_minor: int | None
    currency: str | None


class PointInTime(msgspec.Struct, frozen=True):
    """The score at an instant, for a chart."""

    as_of: datetime
    score: int


class ScoreDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's score as of an instant, 0 to 1,000, with what it is made of; the points of the components
    add up to it.
    """

    customer_id: str
    as_of: datetime
    score: int
    parameters_version: int
    components: list[ComponentDocument]
    history: list[PointInTime] = []


def score_document(
    customer_id: str,
    known: LoyaltyState,
    as_of: datetime,
    parameters: Parameters = DEFAULT,
    points_in_time: Iterable[PointInTime] = (),
) -> ScoreDocument:
    """The explained score of one person."""
    score = score_of(known, seconds_of(as_of), parameters)
    return ScoreDocument(
        customer_id=customer_id,
        as_of=as_of,
        score=score.total,
        parameters_version=score.parameters_version,
        components=_components(score),
        history=list(points_in_time),
    )


def _components(score: Score) -> list[ComponentDocument]:
    return [
        made_of(ComponentDocument, component, events=[_evidence(evidence) for evidence in component.events])
        for component in score.components
    ]


def _evidence(evidence: Evidence) -> EvidenceDocument:
    return made_of(EvidenceDocument, evidence, occurred_at=_instant(evidence.at))


def score_history(
    known: LoyaltyState,
    start: datetime,
    end: datetime,
    step: timedelta,
    parameters_at: ParametersAt = lambda _: DEFAULT,
) -> list[PointInTime]:
    """The score every `step` from `start` to `end`, and at `end`, each by the parameters in force then."""
    points: Iterable[ScorePoint] = history(
        known, seconds_of(start), seconds_of(end), step // timedelta(seconds=1), parameters_at
    )
    return [PointInTime(_instant(point.as_of), point.total) for point in points]


def ranking(
    known: dict[str, LoyaltyState], as_of: datetime, parameters: Parameters = DEFAULT
) -> dict[str, int]:
    """Score (0 to 1,000) per person, the highest first; those with the same points by their thousandths, then
    by identifier.
    """
    instant = seconds_of(as_of)
    milli = {person: sum(points_of(state, instant, parameters)) for person, state in known.items()}
    ordered = sorted(milli, key=lambda person: (-milli[person], person))
    return {person: (milli[person] + MILLI // 2) // MILLI for person in ordered}


class Bought(msgspec.Struct, frozen=True):
    """What a customer bought and kept since some moment, in one currency, without tax."""

    currency: str
    visits: int
    sales: int
    net_minor: int


def purchases_since(known: LoyaltyState, since: datetime, as_of: datetime) -> list[Bought]:
    """What they bought from `since` on and had kept by `as_of`, per currency; an empty list for nothing."""
    from_second = seconds_of(since)
    kept = [
        (number, sale)
        for number, visit in enumerate(kept_visits(known, seconds_of(as_of)))
        for sale in visit.sales
        if sale.sale.sold_at >= from_second
    ]
    return [
        Bought(
            currency,
            visits=len({number for number, sale in kept if sale.sale.currency == currency}),
            sales=sum(sale.sale.currency == currency for _, sale in kept),
            net_minor=sum(sale.net_minor for _, sale in kept if sale.sale.currency == currency),
        )
        for currency in sorted({sale.sale.currency for _, sale in kept})
    ]


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
