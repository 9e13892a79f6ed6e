"""Goods come in, once."""

import pytest

from domain.messages import UnknownEvent
from domain.stock_arrival.commands import ArrivingItem
from domain.stock_arrival.events import ArrivedItem
from domain.stock_arrival.state import evolve
from tests.domain.builders import people_commands as ask
from tests.domain.builders import people_events as events
from tests.domain.given import given


def test_goods_come_in() -> None:
    assert given().when(ask.record_stock_arrival()) == [events.stock_arrived()]


def test_several_goods_keep_their_order() -> None:
    items = (
        ArrivingItem(sku="b"),
        ArrivingItem(sku="a", label="Alden", size="9", department="shoes", quantity=3),
    )
    [event] = given().when(ask.record_stock_arrival(items=items))
    assert event == events.stock_arrived(
        items=(
            ArrivedItem(sku="b"),
            ArrivedItem(sku="a", label="Alden", size="9", department="shoes", quantity=3),
        )
    )


def test_the_same_goods_do_not_come_in_twice() -> None:
    refusal = given(events.stock_arrived()).refuses(ask.record_stock_arrival())
    assert (refusal.code, refusal.field) == ("already_exists", "arrival_id")


def test_its_history_takes_in_nothing_else() -> None:
    arrived = evolve(None, events.stock_arrived())
    for state, event in ((arrived, events.stock_arrived()), (None, events.customer_registered())):
        with pytest.raises(UnknownEvent):
            evolve(state, event)
