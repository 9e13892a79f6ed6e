"""The secrets by which webhooks are signed: made here, wrapped by the master key, shown once."""

import base64
from typing import Any, Final

from psycopg import Connection

from infra.ids import new_key
from infra.vault.encryption import SubjectKey
from infra.vault.master_key import MasterKey

#: How Standard Webhooks writes a secret.
PREFIX: Final = "whsec_"
_RETIRE: Final = (
    "UPDATE vault.webhook_secrets SET until = least(until, clock_timestamp() + make_interval(secs => %s)) "
    "WHERE endpoint_id = %s"
)
_ADD: Final = "INSERT INTO vault.webhook_secrets (endpoint_id, wrapped) VALUES (%s, %s)"
_REMOVE: Final = "DELETE FROM vault.webhook_secrets WHERE endpoint_id = %s"
_REMOVE_OLD: Final = "DELETE FROM vault.webhook_secrets WHERE until < clock_timestamp()"
#: Wrapped secrets that sign now, the newest first.
SIGNING: Final = (
    "SELECT wrapped FROM vault.webhook_secrets WHERE endpoint_id = {endpoint} "
    "AND (until IS NULL OR until > clock_timestamp()) ORDER BY made_at DESC"
)


def add_webhook_secret(
    connection: Connection[Any], master: MasterKey, endpoint_id: str, *, old_seconds: float = 0
) -> str:
    """Make a secret, `whsec_…`; those before it sign beside it for so long. In the caller's transaction."""
    secret = new_key()
    connection.execute(_RETIRE, (old_seconds, endpoint_id))
    connection.execute(_ADD, (endpoint_id, master.wrap(SubjectKey(endpoint_id, secret))))
    connection.execute(_REMOVE_OLD)
    return PREFIX + base64.b64encode(secret).decode()


def remove_webhook_secrets(connection: Connection[Any], endpoint_id: str) -> None:
    """Forget every secret of an endpoint."""
    connection.execute(_REMOVE, (endpoint_id,))


def webhook_secrets_of(connection: Connection[Any], master: MasterKey, endpoint_id: str) -> list[bytes]:
    """The secrets that sign for an endpoint now, the newest first."""
    rows = connection.execute(SIGNING.format(endpoint="%s").encode(), (endpoint_id,)).fetchall()
    return unwrapped(master, endpoint_id, [row[0] for row in rows])


def unwrapped(master: MasterKey, endpoint_id: str, wrapped: list[bytes]) -> list[bytes]:
    """Secrets as they sign. Raises MasterKeyWrong."""
    return [master.unwrap(endpoint_id, one).secret for one in wrapped]
