"""What each role of PostgreSQL may do: one table, by which rights are granted to the roles of the cluster.

Nobody but the owner can change or delete an event, or drop a table.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, LiteralString

import structlog
from psycopg import Connection
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed, Identifier

from infra.postgres.locks import key_of
from infra.postgres.roles import DatabaseRole, existing_roles

log = structlog.get_logger(__name__)

_READ: Final = "SELECT"
_ADD: Final = "SELECT, INSERT"
_KEEP: Final = "SELECT, INSERT, UPDATE"
_EVERY_ROW: Final = "SELECT, INSERT, UPDATE, DELETE"

#: Schemas, and what a role may do in each of their tables that is named; every role reads which migrations
#: were applied there. MAINTAIN locks a table and writes it anew as it is.
RIGHTS: Final[Mapping[DatabaseRole, Mapping[str, LiteralString]]] = {
    DatabaseRole.WRITER: {
        "public.stored_events": f"{_ADD}, MAINTAIN",
        "public.event_tags": _ADD,
        "public.idempotency_keys": _ADD,
        "public.quarantined_events": _READ,
        "public.snapshots": _EVERY_ROW,
        "public.snapshot_pages": _EVERY_ROW,
        "projections.heartbeats": _EVERY_ROW,
        "projections.day_contexts": _EVERY_ROW,
        "projections.day_entries": _EVERY_ROW,
        "reactions.positions": _KEEP,
        "reactions.kept_aside": _EVERY_ROW,
        # Destroying a key changes its row, which stays; writing the table anew erases the key's traces.
        "vault.keys": f"{_KEEP}, MAINTAIN",
        "vault.search_entries": f"{_EVERY_ROW}, MAINTAIN",
        "vault.blind_index": _KEEP,
        "vault.blind_index_subjects": f"{_EVERY_ROW}, MAINTAIN",
        "vault.blind_index_entries": f"{_EVERY_ROW}, MAINTAIN",
        "vault.erased": _KEEP,
        "vault.master_key": _ADD,
        # Those that were kept long enough are deleted.
        "openings.openings": f"{_ADD}, DELETE",
        "sessions.sessions": _EVERY_ROW,
        "sessions.sign_outs": _EVERY_ROW,
        # What is asked for; the owner's process carries it out.
        "maintenance.tasks": _ADD,
        # How they stand is told to operators; their secrets are elsewhere.
        "webhooks.endpoints": _READ,
        "webhooks.progress": _READ,
        "webhooks.parked": _READ,
    },
    DatabaseRole.READER: {
        "public.stored_events": _READ,
        "public.event_tags": _READ,
        "public.quarantined_events": _READ,
        # What closing a period would pay is decided on states, and none is saved.
        "public.snapshots": _READ,
        "public.snapshot_pages": _READ,
        "projections.generations": _READ,
        "reactions.kept_aside": _READ,
        "webhooks.parked": _READ,
        "maintenance.tasks": _READ,
        "vault.keys": _READ,
        "vault.search_entries": _READ,
        "vault.blind_index": _READ,
        "vault.blind_index_subjects": _READ,
        "vault.blind_index_entries": _READ,
        "vault.master_key": _READ,
    },
    DatabaseRole.RELAY: {
        "public.stored_events": _READ,
        "public.log_epochs": _READ,
        "projections.heartbeats": _EVERY_ROW,
    },
    DatabaseRole.PROJECTOR: {
        "public.stored_events": _READ,
        "public.log_epochs": _READ,
        "public.quarantined_events": _READ,
        "projections.generations": _EVERY_ROW,
    },
    # It signs by secrets of its own, and reads no key of a customer.
    DatabaseRole.WEBHOOKS: {
        "public.stored_events": _READ,
        "projections.heartbeats": _EVERY_ROW,
        "vault.master_key": _READ,
        "vault.webhook_secrets": _READ,
        "webhooks.endpoints": "SELECT, UPDATE",
        "webhooks.progress": "SELECT, UPDATE",
        "webhooks.parked": _EVERY_ROW,
        "webhooks.changes": _ADD,
    },
}
#: What a role may do in every table of the schema `projections`, those to come included.
IN_PROJECTIONS: Final[Mapping[DatabaseRole, LiteralString]] = {
    DatabaseRole.WRITER: _READ,
    DatabaseRole.READER: _READ,
    DatabaseRole.PROJECTOR: _EVERY_ROW,
}
_MAKERS: Final = frozenset({DatabaseRole.PROJECTOR})
_BY_DEFAULT: Final = SQL("ALTER DEFAULT PRIVILEGES {} IN SCHEMA projections GRANT {} ON TABLES TO {}")
_IN_PROJECTIONS: Final = SQL("GRANT {} ON ALL TABLES IN SCHEMA projections TO {}")
#: Who takes the numbers of a sequence.
SEQUENCES: Final = {
    "public.stored_events_notification_id_seq": DatabaseRole.WRITER,
    "projections.change_numbers": DatabaseRole.PROJECTOR,
}
#: What is granted by a superuser alone: an erased customer's key goes from the write-ahead log, too.
_OF_A_SUPERUSER: Final = "GRANT EXECUTE ON FUNCTION pg_switch_wal() TO {}"
_TABLES: Final = (
    "SELECT nspname || '.' || relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
    "WHERE nspname = 'projections' AND relkind IN ('r', 'v')"
)
_MISSING: Final = (
    "SELECT EXISTS (SELECT FROM unnest(%s::text[], %s::text[], %s::text[]) AS wanted (role, relation, may) "
    "WHERE NOT CASE may WHEN 'USAGE' THEN has_sequence_privilege(role, to_regclass(relation), may) "
    "ELSE has_table_privilege(role, to_regclass(relation), may) END)"
)


def grant_rights(connection: Connection[Any]) -> list[DatabaseRole]:
    """Give the roles of the cluster the rights of the table in this database; which roles there are.

    Nothing is changed where they have them. For its owner, in autocommit.
    """
    roles = existing_roles(connection)
    if not roles or not _is_missing(connection, roles):
        return roles
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (key_of("rights of roles"),))
        # Another process may have been first.
        if _is_missing(connection, roles):
            for statement in _grants(connection, roles):
                connection.execute(statement)
            log.info("Gave the roles of PostgreSQL their rights", roles=[*roles])
    return roles


def _rights(
    connection: Connection[Any], roles: list[DatabaseRole]
) -> Iterator[tuple[DatabaseRole, str, str]]:
    """Role, table or sequence, and what it may do there."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        tables = [table for (table,) in cursor.execute(_TABLES).fetchall()]
    for role in roles:
        yield from ((role, f"{schema}.applied_migrations", _READ) for schema in _schemas_of(role))
        yield from ((role, table, may) for table, may in RIGHTS[role].items())
        if (may := IN_PROJECTIONS.get(role)) is not None:
            yield from ((role, table, may) for table in tables)
    yield from ((role, sequence, "USAGE") for sequence, role in SEQUENCES.items() if role in roles)


def _is_missing(connection: Connection[Any], roles: list[DatabaseRole]) -> bool:
    wanted = [
        (role.in_database, table, right)
        for role, table, may in _rights(connection, roles)
        for right in may.split(", ")
    ]
    with connection.cursor(row_factory=tuple_row) as cursor:
        columns = [list(column) for column in zip(*wanted, strict=True)]
        return cursor.execute(_MISSING, columns).fetchone() == (True,)


def _schemas_of(role: DatabaseRole) -> list[str]:
    return sorted({table.partition(".")[0] for table in RIGHTS[role]})


def _grants(connection: Connection[Any], roles: list[DatabaseRole]) -> Iterator[SQL | Composed]:
    yield SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(Identifier(connection.info.dbname))
    for role in roles:
        for schema in map(Identifier, _schemas_of(role)):
            yield SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, _name(role))
            yield SQL("GRANT SELECT ON TABLE {}.applied_migrations TO {}").format(schema, _name(role))
        for table, may in RIGHTS[role].items():
            where = Identifier(*table.split("."))
            yield SQL("GRANT {} ON TABLE {} TO {}").format(SQL(may), where, _name(role))
        if (may := IN_PROJECTIONS.get(role)) is not None:
            yield _IN_PROJECTIONS.format(SQL(may), _name(role))
    # Tables to come are made by the owner (rebuilds) and by the projector (first generations).
    for maker in (SQL(""), *(SQL("FOR ROLE {}").format(_name(role)) for role in roles if role in _MAKERS)):
        for role in roles:
            if (may := IN_PROJECTIONS.get(role)) is not None:
                yield _BY_DEFAULT.format(maker, SQL(may), _name(role))
    if DatabaseRole.WRITER in roles and connection.info.parameter_status("is_superuser") == "on":
        yield SQL(_OF_A_SUPERUSER).format(_name(DatabaseRole.WRITER))
    if DatabaseRole.PROJECTOR in roles:
        yield SQL("GRANT CREATE ON SCHEMA projections TO {}").format(_name(DatabaseRole.PROJECTOR))
    for sequence, role in SEQUENCES.items():
        if role in roles:
            where = Identifier(*sequence.split("."))
            yield SQL("GRANT USAGE ON SEQUENCE {} TO {}").format(where, _name(role))


def _name(role: DatabaseRole) -> Identifier:
    return Identifier(role.in_database)
