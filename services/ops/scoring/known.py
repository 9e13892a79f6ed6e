"""What the tables know for scores: customers as persons, and which parameters hold when."""

from datetime import UTC, datetime, time

from domain.ids import SCORE_PARAMETERS_OF_THE_HOUSE
from domain.messages import NotFound
from infra.event_store.codec import decode
from projections.loyalty_score.fold import PROJECTION as LOYALTY
from projections.loyalty_score.parameters import ParametersAt, in_force, parameters_at
from projections.loyalty_score.queries import ALL_ROWS, CUSTOMER_ROWS, known_of
from projections.loyalty_score.state import LoyaltyState
from projections.score_parameters.queries import versions_told
from services.ops.rows import rows_of
from services.ops.shop import Shop


def parameters_of(shop: Shop) -> ParametersAt:
    """Which parameters hold at which instant. Few facts tell it, so that the log itself is asked."""
    logged = shop.log.read_stream(SCORE_PARAMETERS_OF_THE_HOUSE)
    versions = versions_told((fact.position, decode(fact.topic, fact.state)) for fact in logged)
    return parameters_at([in_force(one.version, one.since, one.parameters) for one in versions])


def everybody_known(shop: Shop) -> dict[str, LoyaltyState]:
    """Everyone who ever bought anything, by the standing record of each person, in its order."""
    known = known_of(LOYALTY.decode(state) for _, _, state in rows_of(shop, ALL_ROWS))
    return dict(sorted(known.items()))


def one_known(shop: Shop, customer_id: str) -> tuple[str, LoyaltyState]:
    """A person, whichever of her records is named: her standing record, and what is known of her. Raises NotFound."""
    rows = rows_of(shop, CUSTOMER_ROWS, {"customer_id": customer_id})
    for person, state in known_of(LOYALTY.decode(row) for _, _, row in rows).items():
        return person, state
    if not shop.log.read_stream(customer_id):
        raise NotFound("customer_unknown", f"nobody is known as {customer_id}", "CUSTOMER")
    return customer_id, LoyaltyState()


def moment_of(text: str) -> datetime:
    """The last moment of a day (YYYY-MM-DD, UTC), or an instant with its offset. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no date (YYYY-MM-DD), nor an instant with its offset") from None
    if len(text) == len("2026-03-01"):
        return datetime.combine(moment.date(), time.max, UTC)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} needs an offset, such as Z for UTC")
    return moment.astimezone(UTC)
