"""Takes the inventory service's messages in: well-formed ones are recorded, each once; all others are put
aside, encrypted, and refused in an answer.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import structlog

from domain.messages import Refused
from domain.stock_arrival.commands import RecordStockArrival
from infra.event_store.command_processor import Conflict
from infra.event_store.decided_batch import KeyedCommand
from infra.messaging.inbox import STOCK_ARRIVED
from infra.postgres.failures import is_unavailable
from infra.reaction_store.kept_messages import keep_message
from services.reactions.cloud_events import Malformed
from services.reactions.context import ReactionContext
from services.reactions.messages import SOURCE, Message, arrival_of
from services.reactions.stores import known_stores

log = structlog.get_logger(__name__)


class Refusal(NamedTuple):
    """Why a message was not taken in; `code` is stable for programs."""

    code: str
    reason: str


#: Why messages were not taken in, each by its place among those given.
Reasons = dict[int, Refusal]
#: A command, and the place of its message.
PlacedCommand = tuple[int, KeyedCommand]


def record_arrivals(context: ReactionContext, messages: Sequence[Message]) -> Reasons:
    """Record what these messages tell, in one commit; why the others were kept as dead letters.

    Raises what says that the database is away, or StoresNotKnownYet.
    """
    arrivals: list[tuple[int, RecordStockArrival]] = []
    reasons: Reasons = {}
    for place, message in enumerate(messages):
        try:
            arrivals.append((place, arrival_of(message)))
        except Malformed as malformed:
            reasons[place] = Refusal("malformed", str(malformed))
    reasons |= beside_the_point(context, arrivals)
    reasons |= _recorded(
        context,
        [
            (place, (arrival, messages[place].idempotency_key, messages[place].context))
            for place, arrival in arrivals
            if place not in reasons
        ],
    )
    for place, (_, reason) in reasons.items():
        add_message(context, messages[place], reason)
    return reasons


def beside_the_point(context: ReactionContext, arrivals: Sequence[tuple[int, RecordStockArrival]]) -> Reasons:
    """Why some arrivals are none of this house's: of stores that nobody knows, or of long ago.

    The API only warns of such a store, and takes any date, for somebody who sees it; here nobody looks on.
    """
    stores = known_stores(context, {arrival.store_id for _, arrival in arrivals})
    days = context.settings.inbox_past_days_max
    earliest = context.clock.now() - timedelta(days=days)
    reasons: Reasons = {}
    for place, arrival in arrivals:
        at = arrival.occurred_at
        if arrival.store_id not in stores:
            reasons[place] = Refusal("store_unknown", "store_unknown (store_id): There is no such store.")
        elif at is not None and at.tzinfo is not None and at < earliest:
            told = f"too_long_ago (occurred_at): It was more than {days} days ago."
            reasons[place] = Refusal("too_long_ago", told)
    return reasons


def add_message(context: ReactionContext, message: Message, reason: str) -> None:
    """Keep a message with the reason; its content cannot be read without the key store."""
    key = message.dead_letter_key
    keep_message(
        context.tables,
        context.vault,
        source=SOURCE,
        key=key,
        about=STOCK_ARRIVED,
        reason=reason,
        headers=message.headers,
        body=message.body,
    )
    log.warning("A stock arrival is put aside", key=key, reason=reason)


def _recorded(context: ReactionContext, commands: Sequence[PlacedCommand]) -> Reasons:
    if not commands:
        return {}
    try:
        outcomes = context.handler.handle_each([command for _, command in commands])
    except Exception as error:
        if is_unavailable(error) or isinstance(error, Conflict | OSError):
            raise
        if len(commands) == 1:
            broke = f"it broke the handler ({type(error).__name__})"
            return {commands[0][0]: Refusal("internal", broke)}
        # One that breaks a decision must not keep the others away.
        reasons: Reasons = {}
        for command in commands:
            reasons |= _recorded(context, [command])
        return reasons
    return {
        place: Refusal(outcome.code, f"{outcome.code}{_at(outcome)}: {outcome.message}")
        for (place, _), outcome in zip(commands, outcomes, strict=True)
        if isinstance(outcome, Refused)
    }


def _at(refusal: Any) -> str:
    return f" ({refusal.field})" if refusal.field else ""
