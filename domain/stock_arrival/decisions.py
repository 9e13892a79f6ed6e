"""Decides what follows from goods that come in. A process manager finds the customers who wait for them."""

from datetime import datetime

from domain.messages import Event, made_of
from domain.policies import Decisions, event_of, given_id
from domain.state_reader import StateReader
from domain.stock_arrival.commands import RecordStockArrival
from domain.stock_arrival.events import ArrivedItem, StockArrived
from domain.stock_arrival.policies import RECORDING_POLICIES
from domain.store.knowing import store_is_unknown


def record_stock_arrival(command: RecordStockArrival, states: StateReader, now: datetime) -> list[Event]:
    for rule in RECORDING_POLICIES:
        rule(command, states)
    return [
        event_of(
            StockArrived,
            command,
            now,
            arrival_id=given_id(command.arrival_id, "arrival_id"),
            items=tuple(made_of(ArrivedItem, item) for item in command.items),
        )
    ]


DECISIONS: Decisions = {RecordStockArrival: record_stock_arrival}
WARNINGS = {RecordStockArrival: (store_is_unknown,)}
