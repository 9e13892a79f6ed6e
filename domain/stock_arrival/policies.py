"""The rules of a stock arrival; each name says the rule."""

from collections.abc import Callable

from domain.messages import Refused
from domain.policies import given_id
from domain.stock_arrival.commands import RecordStockArrival
from domain.world import World

Policy = Callable[[RecordStockArrival, World], None]


def an_arrival_is_recorded_once(command: RecordStockArrival, world: World) -> None:
    arrival_id = given_id(command.arrival_id, "arrival_id")
    if world.stock_arrival(arrival_id) is not None:
        raise Refused("already_exists", f"Stock arrival {arrival_id} is recorded already.", "arrival_id")


RECORDING_POLICIES: tuple[Policy, ...] = (an_arrival_is_recorded_once,)
