"""Messages of others that are kept as dead letters, headers and body encrypted with a key of their own."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from psycopg import Connection

from infra.postgres import migrate
from infra.reaction_store.catalog import MIGRATIONS
from infra.reaction_store.dead_letters import ReactionDeadLetter, add_dead_letter
from infra.vault import Vault

_COUNT: Final = "SELECT count(*) FROM reactions.kept_aside WHERE source = %s"
#: Every byte has a character in it: what comes back is what came.
_ENCODING: Final = "latin-1"


def prepare_kept_messages(connection: Connection[Any]) -> None:
    """Make the table they are kept in, unless it is there."""
    migrate(connection, MIGRATIONS)


def keep_message(
    pool: Any,
    vault: Vault,
    *,
    source: str,
    key: str,
    about: str,
    reason: str,
    headers: Mapping[str, str],
    body: bytes,
) -> None:
    """Keep a message with the reason; its content cannot be read without the key store."""
    keys = vault.ensure_keys([key])
    with pool.connection() as connection:
        add_dead_letter(
            connection,
            source=source,
            key=key,
            about=about,
            reason=reason,
            headers=keys.encrypt(key, "headers", msgspec.json.encode(dict(headers)).decode()),
            content=keys.encrypt(key, "content", body.decode(_ENCODING)),
        )


async def count_kept(pool: Any, source: str) -> int:
    """How many messages are kept under a source."""
    async with pool.connection() as connection:
        found = await connection.execute(_COUNT, (source,))
        (count,) = await found.fetchone()
    return count


def opened(vault: Vault, kept: ReactionDeadLetter) -> tuple[dict[str, str], bytes]:
    """Headers and body of a message, as it came."""
    keys = vault.keys_of([kept.key])
    headers = keys.decrypt(kept.headers) if kept.headers is not None else None
    content = keys.decrypt(kept.content) if kept.content is not None else None
    return msgspec.json.decode(headers or "{}", type=dict[str, str]), (content or "").encode(_ENCODING)
