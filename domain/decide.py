"""Every command, the name it has in an address, and the function that decides it."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from domain.associate import decisions as associate
from domain.commission_account import decisions as commission_account
from domain.customer import decisions as customer
from domain.heroic_act import decisions as heroic_act
from domain.messages import Command, Event
from domain.pay_period import decisions as pay_period
from domain.return_ import decisions as return_
from domain.sale import decisions as sale
from domain.score_parameters import decisions as score_parameters
from domain.state_reader import StateReader
from domain.stock_arrival import decisions as stock_arrival

Decision = Callable[[Any, StateReader, datetime], list[Event]]

ROOMS = (
    customer,
    sale,
    return_,
    heroic_act,
    associate,
    commission_account,
    pay_period,
    stock_arrival,
    score_parameters,
)

DECISIONS: dict[type[Command], Decision] = {
    command: decision for room in ROOMS for command, decision in room.DECISIONS.items()
}


def kebab(name: str) -> str:
    """`RecordSale` as it is written in an address: `record-sale`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


COMMANDS: dict[str, type[Command]] = {kebab(command.__name__): command for command in DECISIONS}


def decide(command: Command, states: StateReader, now: datetime) -> list[Event]:
    """The events that follow from a command. Raises Refused. `now` is when it is handled (UTC)."""
    return DECISIONS[type(command)](command, states, now)
