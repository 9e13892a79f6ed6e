"""Which commands lead to which events: read off the calls of the decisions, through every function of the
domain that they call.

A class of events counts where it is called, or given to a call (`event_of(kind, …)`); a test compares it
with what decisions are seen to decide.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

from domain.customer.events import OwnerAssigned, OwnerReassigned
from domain.decide import DECISIONS, kebab
from domain.messages import Command, Event
from domain.sale.commands import DetachCustomer

#: What a decision's calls could make and its arguments never do: of a sale that is nobody's, nobody becomes
#: the owner.
NEVER: Final[dict[type[Command], set[type[Event]]]] = {DetachCustomer: {OwnerAssigned, OwnerReassigned}}


@cache
def commands_of_events() -> dict[type[Event], list[str]]:
    """The commands (as in an address: `record-sale`) that may lead to each class of events, sorted."""
    found: dict[type[Event], set[str]] = {}
    for command, decision in DECISIONS.items():
        for event in events_of(decision) - NEVER.get(command, set()):
            found.setdefault(event, set()).add(kebab(command.__name__))
    return {event: sorted(commands) for event, commands in found.items()}


def events_of(decision: Callable[..., Any]) -> set[type[Event]]:
    """The classes of events that a function may make, by itself or by what it calls."""
    seen: set[Any] = set()
    to_read: list[Any] = [decision]
    while to_read:
        for called in _called_in(to_read.pop()):
            if called not in seen:
                seen.add(called)
                if inspect.isfunction(called):
                    to_read.append(called)
    return {each for each in seen if inspect.isclass(each) and issubclass(each, Event)}


def _called_in(function: Any) -> Iterator[Any]:
    """Functions of the domain and classes of events that are called, or given to a call."""
    known = {**function.__globals__, **inspect.getclosurevars(function).nonlocals}
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if not isinstance(node, ast.Call) or (
            isinstance(node.func, ast.Name) and node.func.id == "isinstance"
        ):
            continue
        for part in (node.func, *node.args, *(keyword.value for keyword in node.keywords)):
            found = _resolved(part, known)
            if inspect.isfunction(found) and found.__module__.startswith("domain."):
                if not found.__name__.startswith("evolve"):
                    yield found
            elif inspect.isclass(found) and issubclass(found, Event):
                yield found


def _resolved(part: ast.expr, known: dict[str, Any]) -> Any:
    match part:
        case ast.Name(id=name):
            return known.get(name)
        case ast.Attribute(value=ast.Name(id=module), attr=name):
            return getattr(known.get(module), name, None)
        case _:
            return None
