"""A PostgreSQL server that hangs while it is asked: whoever waits gives up after the limit of a statement and
some seconds.
"""

import signal
import time
from pathlib import Path

import psycopg
import pytest

from infra.embedded import PostgresServer
from infra.embedded.server_processes import all_postgres_of, send
from infra.postgres import connect, sync_pool
from infra.postgres.failures import is_unavailable
from infra.settings import Settings

pytestmark = pytest.mark.timeout(120)


@pytest.mark.parametrize("pooled", [False, True])
def test_a_statement_on_a_server_that_hangs_ends(
    own_postgres: PostgresServer, folder: Path, pooled: bool
) -> None:
    url = own_postgres.url()
    settings = Settings(data_dir=folder / "data", database_url=url, database_statement_seconds=1)
    with (
        sync_pool(settings, url, name="test", size_max=1) as pool,
        pool.connection() as of_pool,
        connect(settings, url, name="test") as alone,
    ):
        connection = of_pool if pooled else alone
        assert connection.execute("SELECT 1").fetchone() == (1,)
        halted = list(all_postgres_of(own_postgres.data))
        for pid in halted:
            send(pid, signal.SIGSTOP)
        began = time.monotonic()
        try:
            with pytest.raises(psycopg.OperationalError, match="has not answered for 6 s") as raised:
                connection.execute("SELECT 2")
        finally:
            for pid in halted:
                send(pid, signal.SIGCONT)
        assert is_unavailable(raised.value)
        assert time.monotonic() - began < 30
        assert connection.closed
