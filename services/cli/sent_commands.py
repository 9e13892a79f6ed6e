"""`clienteling dead-letters retry commands KEY`: a command that was sent over NATS is sent once more."""

import time
from typing import Final

from infra import signals
from infra.messaging.commands import RETRIED, SENT
from infra.messaging.connection import connect, disconnect
from infra.nats import NatsRole
from infra.reaction_store.dead_letters import ReactionDeadLetter, find_dead_letter
from infra.reaction_store.kept_messages import opened
from infra.runtime import Runtime
from services.reactions.dead_letters import NoDeadLetter

#: So long it is waited for what comes of it; it may come later, behind the sender's other commands.
WAIT_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.1
#: JetStream would take it for the one that it has seen.
_LEFT_OUT: Final = ("nats-msg-id", RETRIED)


def send_again(runtime: Runtime, key: str) -> str | None:
    """Put it behind its sender's other commands, to be handled as when it first came; why it is still kept,
    or None when it was done. Raises NoDeadLetter.
    """
    kept = _find(runtime, key)
    if kept is None:
        raise NoDeadLetter(f"nothing of {SENT} is kept under {key}")
    headers, body = opened(runtime.vault, kept)
    given = {name: value for name, value in headers.items() if name.lower() not in _LEFT_OUT}

    async def publish() -> None:
        url = runtime.servers.nats_url
        client = await connect(runtime.settings, url, name="dead letters", role=NatsRole.OPS)
        try:
            await client.jetstream().publish(kept.about, body, headers={**given, RETRIED: "true"})
        finally:
            await disconnect(client)

    signals.run(publish)
    deadline = time.monotonic() + WAIT_SECONDS
    while (found := _find(runtime, key)) is not None:
        if found.tries > kept.tries:
            return found.reason
        if time.monotonic() >= deadline:
            return f"it was sent again, and not answered within {WAIT_SECONDS:g} s: does the API run?"
        time.sleep(POLL_SECONDS)
    return None


def _find(runtime: Runtime, key: str) -> ReactionDeadLetter | None:
    with runtime.connect("dead letters") as connection:
        return find_dead_letter(connection, SENT, key)
