"""A service that is told to stop while its servers still start leaves none of them behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra.embedded.server_processes import all_nats_of, all_postgres_of, wait_until
from tests.abandoned import abandoned

REPOSITORY = Path(__file__).parents[3]


@pytest.mark.parametrize(
    "begun", ["presence.lock", "postgres/data/PG_VERSION", "postgres/data/postmaster.pid"]
)
def test_who_is_told_to_stop_while_starting_leaves_no_server_behind(folder: Path, begun: str) -> None:
    data_dir = folder / "data"
    embedded = data_dir / "embedded"
    environment = {**os.environ, "CLIENTELING_DATA_DIR": str(data_dir)}
    process = subprocess.Popen(
        [sys.executable, "-m", "services.cli.main", "serve", "relay"], cwd=REPOSITORY, env=environment
    )
    try:
        assert wait_until((embedded / begun).exists, within_seconds=60)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
    assert abandoned(data_dir)
    assert [
        *all_postgres_of(embedded / "postgres" / "data"),
        *all_nats_of(embedded / "nats" / "nats.conf"),
    ] == []
