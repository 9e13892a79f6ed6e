"""Takes the inventory service's messages in: well-formed ones are recorded, each once; all others are put
aside, encrypted.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import structlog

from domain.messages import Refused
from infra.event_store.command_processor import Conflict
from infra.event_store.decided_batch import KeyedCommand
from infra.messaging.inbox import STOCK_ARRIVED
from infra.postgres.failures import is_unavailable
from infra.reaction_store.dead_letters import ReactionDeadLetter, add_dead_letter
from services.reactions.context import ReactionContext
from services.reactions.messages import SOURCE, Malformed, Message, arrival_of

ENCODING: Final = "latin-1"

log = structlog.get_logger(__name__)

#: Why a message was not taken in, by its place among those given.
Reasons = dict[int, str]
#: A command, and the place of its message.
PlacedCommand = tuple[int, KeyedCommand]


def record_arrivals(context: ReactionContext, messages: Sequence[Message]) -> int:
    """Record what these messages tell, in one commit; how many were kept as a dead letter.

    Raises what says that the database is away.
    """
    commands: list[PlacedCommand] = []
    reasons: Reasons = {}
    for place, message in enumerate(messages):
        try:
            commands.append((place, (arrival_of(message), message.idempotency_key, message.context)))
        except Malformed as malformed:
            reasons[place] = str(malformed)
    reasons |= _recorded(context, commands)
    for place, reason in reasons.items():
        add_message(context, messages[place], reason)
    return len(reasons)


def add_message(context: ReactionContext, message: Message, reason: str) -> None:
    """Keep a message with the reason; its content cannot be read without the key store."""
    # Every byte has a character in latin-1: what comes back is what came.
    key = message.dead_letter_key
    headers = msgspec.json.encode(dict(message.headers)).decode()
    keys = context.vault.ensure_keys([key])
    with context.tables.connection() as connection:
        add_dead_letter(
            connection,
            source=SOURCE,
            key=key,
            about=STOCK_ARRIVED,
            reason=reason,
            headers=keys.encrypt(key, "headers", headers),
            content=keys.encrypt(key, "content", message.body.decode(ENCODING)),
        )
    log.warning("A stock arrival is put aside", key=key, reason=reason)


def message_of(context: ReactionContext, kept: ReactionDeadLetter) -> Message:
    """A message that was kept as a dead letter, as it came."""
    keys = context.vault.keys_of([kept.key])
    headers = keys.decrypt(kept.headers) if kept.headers is not None else None
    content = keys.decrypt(kept.content) if kept.content is not None else None
    return Message(
        msgspec.json.decode(headers or "{}", type=dict[str, str]), (content or "").encode(ENCODING)
    )


def _recorded(context: ReactionContext, commands: Sequence[PlacedCommand]) -> Reasons:
    if not commands:
        return {}
    try:
        outcomes = context.handler.handle_each([command for _, command in commands])
    except Exception as error:
        if is_unavailable(error) or isinstance(error, Conflict | OSError):
            raise
        if len(commands) == 1:
            return {commands[0][0]: f"it broke the handler ({type(error).__name__})"}
        # One that breaks a decision must not keep the others away.
        reasons: Reasons = {}
        for command in commands:
            reasons |= _recorded(context, [command])
        return reasons
    return {
        place: f"{outcome.code}{_at(outcome)}: {outcome.message}"
        for (place, _), outcome in zip(commands, outcomes, strict=True)
        if isinstance(outcome, Refused)
    }


def _at(refusal: Any) -> str:
    return f" ({refusal.field})" if refusal.field else ""
