"""A second `serve all` on one house is refused; single services are not, and a killed one leaves nothing
behind.
"""

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from infra.embedded import ensure_servers
from infra.serve_all_lock import database_holder, directory_holder
from infra.settings import Settings
from tests.chaos.builders import Service, running, until
from tests.ports import free_port

pytestmark = pytest.mark.timeout(240)

REPOSITORY = Path(__file__).parents[3]
MEASURED = ("RELAY", "PROJECTOR", "REACTIONS", "WEBHOOKS")
PORTS = ("API_PORT", *(f"{service}_METRICS_PORT" for service in MEASURED))


def ports() -> dict[str, str]:
    return {f"CLIENTELING_{name}": str(free_port()) for name in PORTS}


def in_database(settings: Settings) -> str | None:
    return database_holder(settings, str(settings.database_url))


def held(settings: Settings) -> bool:
    return bool(directory_holder(settings) and in_database(settings))


@pytest.fixture
def serving(settings: Settings, tmp_path: Path) -> Service:
    return Service("all", settings, str(settings.nats_url), tmp_path / "all.log", **ports())


def refused(line: str, settings: Settings) -> subprocess.CompletedProcess[str]:
    environ = {
        **os.environ,
        "CLIENTELING_DATABASE_URL": str(settings.database_url),
        "CLIENTELING_NATS_URL": settings.nats_url or "",
        "CLIENTELING_DATA_DIR": str(settings.data_dir),
        **ports(),
    }
    return subprocess.run(
        [sys.executable, "-m", "services.cli.main", *line.split()],
        cwd=REPOSITORY,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


@pytest.mark.parametrize("line", ["serve all", "demo --exit"])
def test_a_second_one_on_the_directory_or_the_database_is_refused_and_told_who(
    line: str, settings: Settings, serving: Service, folder: Path
) -> None:
    with running(serving):
        until(lambda: held(settings))
        pid = serving._process.pid
        elsewhere = dataclasses.replace(settings, data_dir=folder / "elsewhere")
        for house in (settings, elsewhere):
            second = refused(line, house)
            assert (second.returncode, second.stdout) == (1, "")
            assert "runs on" in second.stderr
            assert f"process {pid}" in second.stderr
            assert "Traceback" not in second.stderr
    assert serving._process.returncode is not None


def test_one_on_the_embedded_database_of_another_directory_is_refused(folder: Path) -> None:
    house = Settings(data_dir=folder / "house")
    embedded = {"CLIENTELING_DATABASE_URL": "", **ports()}
    with running(Service("all", house, "", folder / "all.log", **embedded)), ensure_servers(house) as servers:
        elsewhere = Settings(data_dir=folder / "elsewhere", database_url=servers.database_url)
        until(lambda: in_database(elsewhere), within_seconds=60)
        second = refused("serve all", elsewhere)
    assert second.returncode == 1
    assert "or its database already: process" in second.stderr


def test_a_killed_one_and_one_that_ended_hold_nothing(settings: Settings, serving: Service) -> None:
    with running(serving):
        until(lambda: held(settings))
        serving.kill()
        until(lambda: not (directory_holder(settings) or in_database(settings)), within_seconds=20)
        serving.start()
        until(lambda: held(settings))
        serving._process.send_signal(signal.SIGTERM)
        assert serving._process.wait(60) == 0
        assert directory_holder(settings) is None
        until(lambda: in_database(settings) is None)


def test_single_services_run_beside_it_in_any_number(
    settings: Settings, serving: Service, tmp_path: Path
) -> None:
    more = {"CLIENTELING_RELAY_METRICS_PORT": "0", "CLIENTELING_PROJECTOR_METRICS_PORT": "0"}
    with running(serving):
        until(lambda: held(settings))
        singles = [
            Service(name, settings, str(settings.nats_url), tmp_path / f"{n}.log", **more)
            for n, name in enumerate(("relay", "relay", "projector"))
        ]
        with running(*singles), psycopg.connect(str(settings.database_url), autocommit=True) as connection:
            heard = "SELECT to_regclass('projections.heartbeats') IS NOT NULL"
            until(lambda: connection.execute(heard).fetchone() == (True,))
            until(lambda: all(one.works() for one in singles))
