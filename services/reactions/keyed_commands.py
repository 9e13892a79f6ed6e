"""Commands that follow from an event, each with a key made of what it follows from: sent twice, it is done
once.
"""

from collections.abc import Sequence
from typing import Final

from domain.ids import derived_id
from domain.messages import Command, Refused
from infra.event_store.command_context import CommandContext
from infra.event_store.log import LoggedEvent

KeyedCommand = tuple[str, Command]

#: Refusals that say: this is so already, or somebody has decided otherwise meanwhile.
DONE_OTHERWISE: Final = frozenset({"idempotency_key_reused", "customer_forgotten"})


def key_of(reaction: str, *parts: str) -> str:
    """The idempotency key of what a reaction does about one thing; of one length, whatever the shop calls its
    things.
    """
    return f"reaction:{reaction}:{derived_id('key', *parts)[4:]}"


def following(reaction: str, fact: LoggedEvent) -> CommandContext:
    """The context of what a reaction does about an event. Without metadata the event begins the chain."""
    return CommandContext(
        actor=f"reaction:{reaction}",
        correlation_id=fact.correlation_id or fact.event_id,
        causation_id=fact.event_id,
        traceparent=fact.traceparent,
    )


class NotFollowed(Exception):
    """Some of what should follow from an event was refused. The rest was done."""

    def __init__(self, refusals: Sequence[tuple[Command, Refused]]) -> None:
        # A refusal names identifiers and rules, never a person.
        told = [
            f"{type(command).__name__}: {refusal.code}: {refusal.message}" for command, refusal in refusals
        ]
        super().__init__("; ".join(sorted(set(told))[:5]))
