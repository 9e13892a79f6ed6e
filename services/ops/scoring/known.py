"""What scores are reckoned from: customers as persons, and which parameters hold when. For one customer straight from the log."""

from domain.ids import SCORE_PARAMETERS_STREAM
from domain.messages import NotFound
from infra.event_store.codec import decode
from infra.event_store.log import EventLog
from projections.as_of import Cutoff
from projections.clientele_book.queries import customer_of
from projections.loyalty_score.fold import PROJECTION
from projections.loyalty_score.parameters import ParametersAt, in_force, parameters_at
from projections.loyalty_score.queries import ALL_ROWS, states_by_customer
from projections.loyalty_score.state import LoyaltyState
from projections.score_parameters.queries import versions_in_log
from services.api.past_rows import customer_records, loyalty_rows
from services.ops.rows import rows_of
from services.ops.shop import Shop


def parameters_of(log: EventLog, past: Cutoff) -> ParametersAt:
    """Which parameters hold at which instant, as it was known at a position. Few facts tell it: the log itself is asked."""
    logged = log.read_stream(SCORE_PARAMETERS_STREAM, up_to=past.position)
    versions = versions_in_log((fact.position, decode(fact.topic, fact.state)) for fact in logged)
    return parameters_at([in_force(one.version, one.since, one.parameters) for one in versions])


def everybody_known(shop: Shop) -> dict[str, LoyaltyState]:
    """Everyone who ever bought anything, by the standing record of each person, in its order; out of the table."""
    known = states_by_customer(PROJECTION.decode(state) for _, _, state in rows_of(shop, ALL_ROWS))
    return dict(sorted(known.items()))


def one_known(log: EventLog, customer_id: str, past: Cutoff) -> tuple[str, LoyaltyState]:
    """A person, whichever of her records is named: her standing record, and what was known of her. Raises NotFound."""
    page = customer_of(customer_records(log, customer_id, past))
    if page is None:
        raise NotFound("customer_unknown", f"nobody is known as {customer_id}", "CUSTOMER")
    known = states_by_customer(loyalty_rows(log, [page], past))
    return page.customer_id, known.get(page.customer_id, LoyaltyState())
