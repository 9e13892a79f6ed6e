"""The kinds of load: a mixed shop, two threads that alternate about different people, and bursts."""

from collections.abc import Sequence
from typing import Any

from infra.ids import seeded_source
from tests.chaos.rounds import orders
from tests.chaos.rounds.client import Client, Next
from tests.chaos.rounds.house import House
from tests.chaos.rounds.knowledge import Knowledge
from tests.chaos.rounds.orders import Order
from tests.chaos.rounds.schedule import Schedule

OWN_PREFIX = "chaos-"


def clients_of(schedule: Schedule, house: House, known: Knowledge) -> list[Client]:
    """The client threads of a round, not started."""
    if schedule.load == "alternating":
        return _alternating(schedule, house, known)
    pause = 0.6 if schedule.load == "bursts" else 0.04
    return [
        _client(schedule, house, known, number, _mixed(known, _chance(schedule, number)), pause)
        for number in range(schedule.clients)
    ]


def opening(seed: int, house: House, known: Knowledge) -> Client:
    """A client that brings the first people and a pay period into a house."""
    client = Client(
        f"{OWN_PREFIX}{seed}-open",
        list(house.api_ports.values()),
        known,
        lambda _: None,
        _source(seed, "open"),
        0,
    )
    chance = _source(seed, "opening")
    for number in range(6):
        client.settle(
            f"{client.name}-h{number}", *_sure(orders.hire(known, chance, f"{client.name}-h{number}"))
        )
    for number in range(8):
        client.settle(
            f"{client.name}-c{number}", *_sure(orders.register(known, chance, f"{client.name}-c{number}"))
        )
    for order in orders.periods():
        client.settle(f"{client.name}-{order[1]['period_id']}", *order)
    return client


def closing_order(known: Knowledge) -> Order:
    """The earliest open pay period is closed; None when only the last one is open."""
    with known.lock:
        return (
            ("close-pay-period", {"period_id": known.open_periods[0], "early": True})
            if len(known.open_periods) > 1
            else None
        )


def _alternating(schedule: Schedule, house: House, known: Knowledge) -> list[Client]:
    """Sales of one associate, acts of another, notes about customers: every batch concerns others."""

    def sales(chance: Any) -> Next:
        return lambda key: orders.sale_by(known, chance, key, known.associates[:1])

    def acts(chance: Any) -> Next:
        return lambda key: orders.act_of(known, chance, key, known.associates[-1:])

    def notes(chance: Any) -> Next:
        return lambda key: orders.note(known, chance, key)

    return [
        _client(schedule, house, known, number, make(_chance(schedule, number)), 0.12)
        for number, make in enumerate((sales, acts, notes)[: max(2, schedule.clients - 1)])
    ]


def _mixed(known: Knowledge, chance: Any) -> Next:
    makes, weights = zip(*orders.MIXED, strict=True)

    def draw(key: str) -> Order:
        [make] = chance.choices(makes, weights)
        if chance.random() < 0.01 and (order := closing_order(known)) is not None:
            return order
        return make(known, chance, key)

    return draw


def _client(
    schedule: Schedule, house: House, known: Knowledge, number: int, draw: Next, pause: float
) -> Client:
    ports: Sequence[int] = list(house.api_ports.values())
    name = f"{OWN_PREFIX}{schedule.seed}-{number}"
    return Client(name, ports, known, draw, _source(schedule.seed, f"tries {number}"), pause)


def _chance(schedule: Schedule, number: int) -> Any:
    return _source(schedule.seed, f"orders {number}")


def _source(seed: int, what: str) -> Any:
    return seeded_source(f"{seed} {what}")


def _sure(order: Order) -> tuple[str, dict[str, Any]]:
    assert order is not None
    return order
