"""Policies of a stock arrival; each name is the rule."""

from collections.abc import Callable

from domain.messages import Refused
from domain.policies import given_id
from domain.state_reader import StateReader
from domain.stock_arrival.commands import RecordStockArrival

Policy = Callable[[RecordStockArrival, StateReader], None]


def an_arrival_is_recorded_once(command: RecordStockArrival, states: StateReader) -> None:
    arrival_id = given_id(command.arrival_id, "arrival_id")
    if states.stock_arrival(arrival_id) is not None:
        raise Refused("already_exists", f"Stock arrival {arrival_id} is recorded already.", "arrival_id")


RECORDING_POLICIES: tuple[Policy, ...] = (an_arrival_is_recorded_once,)
