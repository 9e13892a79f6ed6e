"""The record that a command is addressed to."""

from typing import Protocol

from domain.customer import policies
from domain.customer.state import CustomerState
from domain.policies import keeping
from domain.state_reader import StateReader


class Addressed(Protocol):
    @property
    def customer_id(self) -> str: ...


def addressed_customer(
    command: Addressed,
    states: StateReader,
    rules: tuple[policies.Policy, ...] = (),
    *,
    merged_too: bool = False,
) -> CustomerState:
    """The record a command is addressed to, once the command keeps all the rules.

    `merged_too`: also one that is read as a part of another. Numbers of wishes and follow-ups are the
    record's own, so only it knows what became of them; and its owner may have to change when they leave.
    """
    found = policies.remembered_customer if merged_too else policies.active_customer
    return keeping(rules, found(states, command.customer_id), command, states)
