"""An embedded server that comes back elsewhere is found again by every service, by itself."""

import signal
import socket
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from infra.embedded import EmbeddedServers, NatsServer
from infra.settings import Settings
from projections.registry import BY_NAME
from tests.chaos.builders import Service, running, until
from tests.ports import free_port
from tests.services.cli.calling import end_of_log, said, sale, small_shop
from tests.services.projector.builders import checkpoint

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.fixture
def house(folder: Path, put_house: Callable[[Path], None]) -> Settings:
    """A house of which nothing runs yet."""
    put_house(folder / "data")
    return Settings(data_dir=folder / "data")


@pytest.mark.parametrize("in_its_place", ["a listener that says nothing", "another NATS server"])
def test_services_find_a_nats_server_that_came_back_on_another_port(
    folder: Path, house: Settings, in_its_place: str
) -> None:
    port = free_port()
    more = {"CLIENTELING_API_PORT": str(port), "CLIENTELING_RELAY_METRICS_PORT": "0"}
    more |= {"CLIENTELING_PROJECTOR_METRICS_PORT": "0", "CLIENTELING_REACTIONS_METRICS_PORT": "0"}
    more |= {"CLIENTELING_NATS_CONNECT_SECONDS": "1"}
    with EmbeddedServers(house, watch=False) as servers:
        reached = Settings(data_dir=house.data_dir, database_url=servers.database_url)
        people = small_shop(reached)
        services = [
            Service(name, house, "", folder / f"{name}.log", CLIENTELING_DATABASE_URL="", **more)
            for name in ("relay", "projector", "reactions", "api")
        ]
        with running(*services):
            until(lambda: ready(port), within_seconds=120)
            nats = NatsServer(house.data_dir / "embedded" / "nats")
            before, old_port = nats.url, int(nats.url.rpartition(":")[2])
            # Halted, the services cannot start it again before something else has its port.
            for service in services:
                service._process.send_signal(signal.SIGSTOP)
            nats.kill()
            other = NatsServer(folder / "other")
            listener = socket.socket()
            try:
                if in_its_place == "another NATS server":
                    other.folder.mkdir()
                    (other.folder / "port").write_text(str(old_port))
                    other.start()
                    assert other.url == before
                else:
                    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    listener.bind(("127.0.0.1", old_port))
                    listener.listen()
                for service in services:
                    service._process.send_signal(signal.SIGCONT)
                until(lambda: nats.pid() is not None and nats.url != before)
                said(reached, [sale(*people)])
                end = end_of_log(reached)
                url = servers.database_url
                until(lambda: all(checkpoint(url, name) >= end for name in BY_NAME), within_seconds=60)
                until(lambda: ready(port))
                with psycopg.connect(url) as connection:
                    until(
                        lambda: arrivals_follow(connection),
                        tell=(folder / "reactions.log").read_text,
                    )
            finally:
                listener.close()
                other.kill()


def arrivals_follow(connection: psycopg.Connection) -> bool:
    """Whether the reactions say that they read the inbox."""
    rows = connection.execute(
        "SELECT status FROM projections.heartbeats"
        " WHERE service = 'reactions' AND at > now() - interval '5 s'"
    ).fetchall()
    reactions = [one for (status,) in rows for one in status["reactions"]]
    return any(one["reaction"] == "stock_arrivals" and one["doing"] == "following" for one in reactions)
