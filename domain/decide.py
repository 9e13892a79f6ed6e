"""Every command, the name it has in an address, and the function that decides it."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from domain.associate import decisions as associate
from domain.commission_account import decisions as commission_account
from domain.customer import decisions as customer
from domain.heroic_act import decisions as heroic_act
from domain.messages import Command, CommandWarning, Event
from domain.pay_period import decisions as pay_period
from domain.pay_question import decisions as pay_question
from domain.policies import Decisions
from domain.return_ import decisions as return_
from domain.sale import decisions as sale
from domain.score_parameters import decisions as score_parameters
from domain.service_standard import decisions as service_standard
from domain.state_reader import StateReader
from domain.stock_arrival import decisions as stock_arrival
from domain.store import decisions as store

#: What deserves a remark about a command and its events; `states` are those before the events.
WarningPolicy = Callable[[Any, StateReader, Sequence[Event]], Iterable[CommandWarning]]

ROOMS = (
    customer,
    sale,
    return_,
    heroic_act,
    associate,
    commission_account,
    pay_period,
    pay_question,
    stock_arrival,
    score_parameters,
    store,
    service_standard,
)

DECISIONS: Decisions = {command: decision for room in ROOMS for command, decision in room.DECISIONS.items()}

#: A room has warnings only where a command is done although somebody should look at it.
WARNINGS: dict[type[Command], tuple[WarningPolicy, ...]] = {
    command: policies for room in ROOMS for command, policies in getattr(room, "WARNINGS", {}).items()
}

#: What a text must be is asked before it is encrypted: decisions can no longer read it.
PLAIN_TEXT_POLICIES: dict[type[Command], Callable[[Any], None]] = {
    command: policy for room in ROOMS for command, policy in getattr(room, "PLAIN_TEXT_POLICIES", {}).items()
}


def kebab(name: str) -> str:
    """`RecordSale` as it is written in an address: `record-sale`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


COMMANDS: dict[str, type[Command]] = {kebab(command.__name__): command for command in DECISIONS}


def check_plain_texts(command: Command) -> None:
    """Raises Refused where a text of a command, not yet encrypted, is not what it must be."""
    if policy := PLAIN_TEXT_POLICIES.get(type(command)):
        policy(command)


def decide(command: Command, states: StateReader, now: datetime) -> list[Event]:
    """The events that follow from a command. Raises Refused. `now` is when it is handled (UTC)."""
    return DECISIONS[type(command)](command, states, now)


def warnings_of(command: Command, states: StateReader, events: Sequence[Event]) -> tuple[CommandWarning, ...]:
    """The warnings about an accepted command and the events it led to; none where nothing followed."""
    policies = WARNINGS.get(type(command), ()) if events else ()
    return tuple(warning for policy in policies for warning in policy(command, states, events))
