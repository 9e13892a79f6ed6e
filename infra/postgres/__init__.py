"""PostgreSQL: pools of connections, the application of DDL, and locks that say who holds them."""

from infra.postgres.ddl import apply_ddl, forget_ddl_if_missing
from infra.postgres.locks import HeldLock, LockHeld, LockHolder, LockLost, hold_lock, lock_holder
from infra.postgres.pools import async_pool, connect, connect_async, sync_pool
from infra.postgres.programs import program_environment

__all__ = [
    "HeldLock",
    "LockHeld",
    "LockHolder",
    "LockLost",
    "apply_ddl",
    "async_pool",
    "connect",
    "connect_async",
    "forget_ddl_if_missing",
    "hold_lock",
    "lock_holder",
    "program_environment",
    "sync_pool",
]
