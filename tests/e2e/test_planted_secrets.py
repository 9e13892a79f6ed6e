"""No secret is told: not by a command line, a log, an answer, an error or a file that is not private."""

import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import httpx
import pytest

from infra.embedded import EmbeddedServers
from infra.settings import Settings
from tests.e2e.planted import PLANTED, Planted
from tests.tokens import every_right

UP_SECONDS: Final = 60
#: Ordinary questions, and such that end with a sentence about a mistake.
QUESTIONS: Final = (
    "--help",
    "projections status",
    "projections status --json",
    "servers show",
    "servers show --json",
    "events show --last",
    "events export {folder}/history.jsonl",
    "audit",
    "customers show nobody",
    "dead-letters list",
    "dead-letters show nobody nothing",
    "nats configure --consumer billing",
    "database prepare",
    "database roles",
    "projections rebuild --all",
    "projections verify",
    "servers run pg_dump --file={folder}/log.sql --schema=public --no-acl",
    "servers run psql --command=nonsense",
    "servers run no-such-program",
    "ledger statement ass_nobody",
    "no-such-command",
)
WRONG_DATABASES: Final = (
    f"postgresql://clienteling:{PLANTED}@{{socket}}",
    f"postgresql://clienteling:{PLANTED}@127.0.0.1:1/clienteling",
    f"postgresql://clienteling:{PLANTED}@no.such.host.invalid/clienteling",
    f"postgresql://clienteling:{PLANTED}@127.0.0.1:port/clienteling",
    f"postgresql://clienteling:{PLANTED}@[127.0.0.1/clienteling",
    f"postgresql://clienteling:{PLANTED}%zz@127.0.0.1/clienteling",
    f"postgresql://127.0.0.1:1/clienteling?password={PLANTED}&no_such_option=1",
    f"postgresql://127.0.0.1:1/clienteling?sslpassword={PLANTED}&sslmode=nonsense",
    f"mysql://clienteling:{PLANTED}@127.0.0.1/clienteling",
    f"clienteling:{PLANTED}",
)
WRONG_BUSES: Final = (
    f"nats://clienteling:{PLANTED}@127.0.0.1:1",
    f"nats://{PLANTED}@no.such.host.invalid",
    f"nats://clienteling:{PLANTED}@127.0.0.1:port",
    f"nats://clienteling:{PLANTED}@[127.0.0.1",
    f"http://clienteling:{PLANTED}@127.0.0.1",
)


@pytest.fixture
def planted(folder: Path) -> Iterator[Planted]:
    made = Planted(folder)
    yield made
    EmbeddedServers(Settings(data_dir=made.data_dir)).kill()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_secret_is_told_by_work_or_by_failures(planted: Planted) -> None:
    with planted.watched():
        services = planted.starts(sys.executable, "-m", "services.cli.main", "serve", "all")
        work(planted)
        for line in QUESTIONS:
            assert planted.asks(line) is not None, line
        for line in ("events show --last", "serve relay"):
            planted.crashes(line)
        wrong_addresses(planted)
        services.terminate()
        assert services.wait(60) == 0
    secrets, told = planted.secrets(), planted.told()
    assert len(secrets) > 12
    # What is looked for would be found: the outputs are there, tracebacks and debug lines among them.
    everything = "\n".join(told.values())
    for expected in (
        "a mistake of ours",
        "Traceback",
        "does not answer",
        "password authentication failed",
        "debug",
    ):
        assert expected in everything, expected
    found = [
        (name, where) for name, secret in secrets.items() for where, text in told.items() if secret in text
    ]
    assert found == []
    lines = "\n".join(planted.command_lines)
    assert "initdb" in lines
    assert "pg_dump" in lines
    assert [name for name, secret in secrets.items() if secret in lines] == []


def work(planted: Planted) -> None:
    """Commands, reads, refusals and what programs ask about the process."""
    deadline = time.monotonic() + UP_SECONDS
    while True:
        with suppress(httpx.TransportError):
            if planted.answered("/healthz", method="GET").status_code == 200:
                break
        assert time.monotonic() < deadline
        time.sleep(0.2)
    headers = every_right(planted.data_dir)
    command = {"method": "POST", "headers": {**headers, "Idempotency-Key": "first"}}
    assert (
        planted.answered("/v1/commands/register-customer", json={"name": "Ada"}, **command).status_code == 201
    )
    assert planted.answered("/v1/commands/register-customer", json={"nam": 1}, **command).status_code == 422
    refused = {"Authorization": f"{headers['Authorization']}x"}
    for path in (
        "/v1/associates",
        "/v1/customers/cus_nobody/score",
        "/v1/health",
        "/readyz",
        "/metrics",
        "/nowhere",
    ):
        planted.answered(path, method="GET", headers=headers)
        planted.answered(path, method="GET", headers=refused)
    for port in planted.ports.values():
        page = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text
        (planted.said / f"metrics-{port}").write_text(page)


def wrong_addresses(planted: Planted) -> None:
    """Command lines and services with addresses that are wrong."""
    sockets = EmbeddedServers(Settings(data_dir=planted.data_dir)).postgres.socket_folder()
    for number, url in enumerate(WRONG_DATABASES):
        address = url.format(socket=f"/clienteling?host={sockets}&port=5432")
        given = {"CLIENTELING_DATABASE_URL": address, "CLIENTELING_DATABASE_CONNECT_SECONDS": "2"}
        assert planted.asks(("projections status", "vault rotate")[number % 2], given) != 0, url
        assert planted.asks("serve api", given) != 0, url
        planted.asks("servers show", given)
    for number, url in enumerate(WRONG_BUSES):
        given = {"CLIENTELING_NATS_URL": url, "CLIENTELING_NATS_CONNECT_SECONDS": "1"}
        # Every other one is tried by a service, which goes on trying until it is ended.
        for line in ("servers show", ("events republish", "serve relay")[number % 2]):
            planted.asks(line, given)
