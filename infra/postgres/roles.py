"""The roles of PostgreSQL: the owner, and one for each kind of service, with the rights in `rights.py`.

The owner makes the tables and may do everything; it is whoever CLIENTELING_DATABASE_URL names.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier, Literal


class DatabaseRole(StrEnum):
    """Whose rights a connection has."""

    OWNER = "owner"
    WRITER = "writer"
    READER = "reader"
    RELAY = "relay"
    PROJECTOR = "projector"
    WEBHOOKS = "webhooks"

    @property
    def in_database(self) -> str:
        """The name in PostgreSQL. The owner has any; the embedded one's is `clienteling`."""
        return f"clienteling_{self}"


#: Every role but the owner.
SERVICES: Final = tuple(role for role in DatabaseRole if role is not DatabaseRole.OWNER)
_EXISTING: Final = "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)"
_WRITER: Final = DatabaseRole.WRITER.in_database
#: What a superuser of somebody's own cluster runs.
ROLES_AS_SQL: Final = f"""\
-- For a superuser, connected to clienteling's database. It may be run again.
DO $$
DECLARE
    role text;
    owner text := (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database());
BEGIN
    FOREACH role IN ARRAY ARRAY['{"', '".join(role.in_database for role in SERVICES)}'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', role);
        END IF;
    END LOOP;
    -- What the projector has made the owner rebuilds.
    EXECUTE format('GRANT {DatabaseRole.PROJECTOR.in_database} TO %I', owner);
    -- Who erases a customer's key has it go from the write-ahead log.
    EXECUTE format('GRANT pg_checkpoint TO %I, %I', '{_WRITER}', owner);
    EXECUTE format('GRANT EXECUTE ON FUNCTION pg_switch_wal() TO %I, %I', '{_WRITER}', owner);
END
$$;
"""


def existing_roles(connection: Connection[Any]) -> list[DatabaseRole]:
    """Which of the roles the cluster has."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(_EXISTING, ([role.in_database for role in SERVICES],)).fetchall()
    return [role for role in SERVICES if (role.in_database,) in rows]


def ensure_roles(
    connection: Connection[Any], owner: str, passwords: Mapping[DatabaseRole, str], *, anew: bool
) -> None:
    """Make the roles that are missing in a cluster of ours, for logging in with these passwords.

    The owner's is theirs already when the others are there; `anew` sets all of them.
    """
    existing = existing_roles(connection)
    if not anew and len(existing) == len(SERVICES):
        return
    names = {role: owner if role is DatabaseRole.OWNER else role.in_database for role in DatabaseRole}
    with connection.transaction():
        for role in SERVICES:
            if role not in existing:
                connection.execute(SQL("CREATE ROLE {}").format(Identifier(names[role])))
        for role, name in names.items():
            # What PostgreSQL keeps is made of it here: the password itself is not sent.
            hashed = connection.pgconn.encrypt_password(
                passwords[role].encode(), name.encode(), b"scram-sha-256"
            )
            alter = SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(Identifier(name), Literal(hashed.decode()))
            connection.execute(alter)
        connection.execute(
            SQL("GRANT pg_checkpoint TO {}").format(Identifier(DatabaseRole.WRITER.in_database))
        )
