"""Dead letters of the reactions, and of commands over NATS: shown, tried once more, or given up."""

from typing import Final

import msgspec

from domain.messages import made_of
from infra.event_store.command_processor import Conflict
from infra.event_store.lookups import event_at
from infra.messaging.commands import SENT
from infra.postgres.failures import is_unavailable
from infra.reaction_store.dead_letters import (
    ReactionDeadLetter,
    add_dead_letter,
    find_dead_letter,
    remove_dead_letter,
)
from infra.reaction_store.kept_messages import opened
from services.reactions.context import ReactionContext
from services.reactions.messages import SOURCE, Message
from services.reactions.recording import record_arrivals
from services.reactions.registry import BY_NAME, react

#: Where something may come from that becomes a dead letter.
SOURCES: Final = (SOURCE, SENT, *BY_NAME)


class NoDeadLetter(LookupError):
    """Nothing of that source and key is kept."""


class DeadLetterContent(msgspec.Struct, frozen=True, kw_only=True):
    """What was kept as a dead letter, as it came:

    `headers` and `content` of a message; an event stands in the log.
    """

    source: str
    key: str
    about: str
    reason: str
    at: str
    tries: int
    headers: dict[str, str] | None
    content: str | None


def find(context: ReactionContext, source: str, key: str) -> ReactionDeadLetter:
    """One dead letter. Raises NoDeadLetter."""
    with context.tables.connection() as connection:
        found = find_dead_letter(connection, source, key)
    if found is None:
        raise NoDeadLetter(f"nothing of {source} is kept under {key}")
    return found


def show(context: ReactionContext, source: str, key: str) -> DeadLetterContent:
    """It, with its content opened. Bytes that are no UTF-8 are shown as such. Raises NoDeadLetter."""
    kept = find(context, source, key)
    headers, body = opened(context.vault, kept) if kept.content is not None else (None, None)
    return made_of(
        DeadLetterContent,
        kept,
        at=kept.at.isoformat(),
        headers=headers,
        content=None if body is None else body.decode("utf-8", "backslashreplace"),
    )


def retry(context: ReactionContext, source: str, key: str) -> str | None:
    """Take it in once more; why it is still kept, or None when it was taken in. Raises NoDeadLetter."""
    kept = find(context, source, key)
    if source == SOURCE:
        if refused := record_arrivals(context, [Message(*opened(context.vault, kept))]):
            return refused[0].reason
    elif (reason := _react(context, source, key)) is not None:
        with context.tables.connection() as connection:
            add_dead_letter(connection, source=source, key=key, about=kept.about, reason=reason)
        return reason
    discard(context, source, key)
    return None


def discard(context: ReactionContext, source: str, key: str) -> None:
    """Give it up. Raises NoDeadLetter."""
    with context.tables.connection() as connection:
        if not remove_dead_letter(connection, source, key):
            raise NoDeadLetter(f"nothing of {source} is kept under {key}")


def _react(context: ReactionContext, source: str, key: str) -> str | None:
    with context.tables.connection() as connection:
        fact = event_at(connection, int(key))
    if fact is None:
        return f"the log has nothing at position {key}"
    try:
        react(context, BY_NAME[source], fact)
    except Exception as error:
        if is_unavailable(error) or isinstance(error, Conflict):
            raise
        return f"{type(error).__name__}: {error}".replace("\x00", "")
    return None
