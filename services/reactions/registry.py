"""Every reaction to an event of the log: what it follows, what it reads, and what it does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from infra.event_store.codec import decode
from infra.event_store.log import LoggedEvent
from services.reactions import hand_overs, pay_runs, wishes
from services.reactions.context import ReactionContext


@dataclass(frozen=True, slots=True)
class Reaction:
    """`reads`: the projections that must have come as far as the event before `follow` is called, in a
    thread.

    `follow` may be called again for the same event, after a crash or beside another process: whatever it does
    has a key.
    """

    name: str
    topic: str
    reads: tuple[str, ...]
    follow: Callable[[ReactionContext, LoggedEvent, Any], None]


ALL: Final = tuple(
    Reaction(module.NAME, module.TOPIC, module.READS, module.follow)
    for module in (wishes, pay_runs, hand_overs)
)
BY_NAME: Final = {reaction.name: reaction for reaction in ALL}


def react(context: ReactionContext, reaction: Reaction, fact: LoggedEvent) -> None:
    """Do what follows from an event. Raises NotFollowed, Stopping, UndecodableEvent or what came up."""
    event = decode(fact.topic, fact.state)
    if event is not None:
        reaction.follow(context, fact, event)
