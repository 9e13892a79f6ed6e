"""Evolve: from a history to a state, by the evolve function of the stream's kind."""

from collections.abc import Callable, Iterable
from typing import Any

from domain import ids
from domain.associate.state import evolve as associate
from domain.commission_account.state import evolve as commission_account
from domain.customer.state import evolve as customer
from domain.heroic_act.state import evolve as heroic_act
from domain.heroic_act.state import evolve_day as heroic_day
from domain.messages import Event
from domain.pay_period.state import evolve as pay_calendar
from domain.pay_question.state import evolve as pay_question
from domain.return_.state import evolve as return_
from domain.sale.state import evolve as sale
from domain.sale.state import evolve_receipt_number as receipt_number
from domain.score_parameters.state import evolve as score_parameters
from domain.service_standard.state import evolve as service_standards
from domain.stock_arrival.state import evolve as stock_arrival
from domain.store.state import evolve as store

EVOLVE_OF_PREFIX: dict[str, Callable[[Any, Event], Any]] = {
    ids.CUSTOMER: customer,
    ids.SALE: sale,
    ids.RETURN: return_,
    ids.HEROIC_ACT: heroic_act,
    ids.HEROIC_DAY: heroic_day,
    ids.ASSOCIATE: associate,
    ids.COMMISSION_ACCOUNT: commission_account,
    ids.PAY_CALENDAR: pay_calendar,
    ids.PAY_QUESTION: pay_question,
    ids.STOCK_ARRIVAL: stock_arrival,
    ids.SCORE_PARAMETERS: score_parameters,
    ids.STORE: store,
    ids.RECEIPT_NUMBER: receipt_number,
    ids.SERVICE_STANDARDS: service_standards,
}


def evolve(state: Any, event: Event) -> Any:
    """The state after one more event; `state` is None before the first."""
    return EVOLVE_OF_PREFIX[event.stream_id[:3]](state, event)


def state_of(history: Iterable[Event]) -> Any:
    """The state that a whole history of one stream leads to, or None for none."""
    state: Any = None
    for event in history:
        state = evolve(state, event)
    return state
