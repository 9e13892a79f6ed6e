"""Inputs of scores: customers' loyalty states and the parameters in force.

One customer's come from the log.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from domain.ids import SCORE_PARAMETERS_STREAM
from domain.messages import NotFound
from infra.event_store.decoded_events import DecodedEvents
from infra.event_store.log import EventLog
from projections.as_of import Cutoff
from projections.clientele_book.queries import customer_of
from projections.loyalty_score.fold import PROJECTION
from projections.loyalty_score.parameters import ParametersAt, in_force, parameters_at
from projections.loyalty_score.queries import states_by_customer
from projections.loyalty_score.state import LoyaltyState
from projections.score_parameters.fold import PROJECTION as SCORE_PARAMETERS
from projections.score_parameters.queries import versions_in_log
from services.read_models.rows_as_of import customer_records, loyalty_rows


def score_parameters_of(log: EventLog, past: Cutoff) -> ParametersAt:
    """The parameters in force at each instant, as known at a position.

    Read from the log: the events are few.
    """
    logged = log.read_stream(SCORE_PARAMETERS_STREAM, up_to=past.position)
    history = DecodedEvents(logged, log.left_out(SCORE_PARAMETERS.name))
    versions = versions_in_log((stored.position, event) for stored, event in history)
    return parameters_at([in_force(one.version, one.since, one.parameters) for one in versions])


def all_loyalty_states(rows: Iterable[Sequence[Any]]) -> dict[str, LoyaltyState]:
    """Everyone who ever bought anything, by the surviving record of each person, from the rows of the
    table.
    """
    known = states_by_customer(PROJECTION.decode(state) for _, _, state in rows)
    return dict(sorted(known.items()))


def loyalty_state_of(log: EventLog, customer_id: str, past: Cutoff) -> tuple[str, LoyaltyState]:
    """A person by any of their records: the surviving record and its loyalty state. Raises NotFound."""
    page = customer_of(customer_records(log, customer_id, past))
    if page is None:
        raise NotFound("customer_unknown", f"nobody is known as {customer_id}", "CUSTOMER")
    known = states_by_customer(loyalty_rows(log, [page], past))
    return page.customer_id, known.get(page.customer_id, LoyaltyState())
