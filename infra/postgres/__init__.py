"""PostgreSQL: pools of connections, migrations, and locks that say who holds them."""

from infra.postgres.locks import HeldLock, LockHeld, LockHolder, LockLost, hold_lock, hold_locks, lock_holder
from infra.postgres.migrations import Migrations, MigrationsPending, migrate
from infra.postgres.pools import async_pool, connect, connect_async, retried, sync_pool
from infra.postgres.programs import program_environment
from infra.postgres.roles import DatabaseRole

__all__ = [
    "DatabaseRole",
    "HeldLock",
    "LockHeld",
    "LockHolder",
    "LockLost",
    "Migrations",
    "MigrationsPending",
    "async_pool",
    "connect",
    "connect_async",
    "hold_lock",
    "hold_locks",
    "lock_holder",
    "migrate",
    "program_environment",
    "retried",
    "sync_pool",
]
