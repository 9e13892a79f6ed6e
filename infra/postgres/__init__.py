"""PostgreSQL: pools of connections, migrations, and locks that say who holds them."""

from infra.postgres.locks import HeldLock, LockHeld, LockHolder, LockLost, hold_lock, lock_holder
from infra.postgres.migrations import Migrations, migrate
from infra.postgres.pools import async_pool, connect, connect_async, sync_pool
from infra.postgres.programs import program_environment

__all__ = [
    "HeldLock",
    "LockHeld",
    "LockHolder",
    "LockLost",
    "Migrations",
    "async_pool",
    "connect",
    "connect_async",
    "hold_lock",
    "lock_holder",
    "migrate",
    "program_environment",
    "sync_pool",
]
