"""Whoever stands still, hangs or is cut off is reported so: in the exit code, the JSON, the metrics and at
/v1/health.
"""

import asyncio
import signal
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import msgspec
import psycopg
import pytest

from infra.embedded import NatsServer
from infra.settings import Settings
from projections.registry import BY_NAME
from tests.chaos.builders import Service, running, until
from tests.infra.messaging.builders import stream_at
from tests.ports import free_port
from tests.services.cli.calling import Call, calling, end_of_log, small_shop

pytestmark = [pytest.mark.slow, pytest.mark.bare_database, pytest.mark.timeout(300)]

GAUGES = (
    "generation",
    "position",
    "log_position",
    "lag_events",
    "lag_seconds",
    "parked_keys",
    "paused",
    "stalled",
)


class Watched:
    """A shop whose services run as processes, and everything that tells how they are."""

    def __init__(self, settings: Settings, nats_url: str, call: Call, folder: Path) -> None:
        self.call = call
        self.ports = {name: free_port() for name in ("relay", "projector", "api")}
        more = {
            "CLIENTELING_SERVICE_HEARTBEAT_SECONDS": "0.2",
            "CLIENTELING_NATS_CONNECT_SECONDS": "0.5",
            "CLIENTELING_NATS_REQUEST_SECONDS": "0.5",
            "CLIENTELING_RELAY_RETRY_SECONDS_MAX": "0.5",
            "CLIENTELING_RELAY_STALLED_SECONDS": "2",
            "CLIENTELING_PROJECTOR_STALLED_SECONDS": "2",
            "CLIENTELING_RELAY_METRICS_PORT": str(self.ports["relay"]),
            "CLIENTELING_PROJECTOR_METRICS_PORT": str(self.ports["projector"]),
            "CLIENTELING_API_PORT": str(self.ports["api"]),
        }
        self.services = {
            name: Service(name, settings, nats_url, folder / f"{name}.log", **more) for name in self.ports
        }

    def status(self) -> tuple[int, Any]:
        called = self.call("projections", "status", "--json")
        return called.code, called.document

    def lines(self) -> dict[str, dict[str, Any]]:
        return {line["name"]: line for line in self.status()[1]["projections"]}

    def caught_up(self) -> bool:
        lines = self.lines().values()
        return all(line["doing"] in ("starting", "following") and line["lag_events"] == 0 for line in lines)

    def measured(self, service: str) -> dict[str, float]:
        with urlopen(f"http://127.0.0.1:{self.ports[service]}/metrics", timeout=10) as page:
            lines = page.read().decode().splitlines()
        return {
            name: float(value)
            for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")
        }

    def ready(self) -> tuple[int, Any]:
        try:
            with urlopen(f"http://127.0.0.1:{self.ports['api']}/v1/health", timeout=10) as answer:
                return answer.status, msgspec.json.decode(answer.read())
        except HTTPError as error:
            return error.code, msgspec.json.decode(error.read())
        except OSError:
            return 0, None

    def agree(self) -> bool:
        """Whether Prometheus is told what the JSON says, of every projection and of the relay."""
        _, status = self.status()
        folded, carried, seen = (self.measured(name) for name in ("projector", "relay", "api"))
        told = {
            (line["name"], field): float(line[field])
            for line in status["projections"]
            for field in GAUGES
            if field in line
        }
        return (
            all(
                folded[f'clienteling_projector_{field}{{projection="{name}"}}'] == value
                for (name, field), value in told.items()
            )
            and all(
                seen[f'clienteling_projection_{field}{{projection="{name}"}}'] == value
                for (name, field), value in told.items()
                if field in ("generation", "parked_keys", "paused", "stalled")
            )
            and carried["clienteling_relay_position"] == status["relay"]["position"]
            and carried["clienteling_relay_stalled"] == status["relay"]["stalled"]
        )

    def signal(self, service: str, number: int) -> None:
        self.services[service]._process.send_signal(number)


@pytest.fixture
def call(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    monkeypatch.setenv("CLIENTELING_SERVICE_HEARTBEAT_SECONDS", "0.2")
    return calling(settings, monkeypatch, capsys)


def test_json_prometheus_and_health_agree_and_tell_who_hangs(settings: Settings, call: Call, tmp_path: Path):
    small_shop(settings)
    shop = Watched(settings, str(settings.nats_url), call, tmp_path)
    with running(*shop.services.values()):
        until(lambda: shop.ready()[0] == 200)
        until(shop.caught_up)
        until(shop.agree)
        assert shop.measured("projector")[
            'clienteling_projector_position{projection="clientele_book"}'
        ] == end_of_log(settings)
        # Reactions do not run here; all else is well.
        assert not shop.status()[1]["silent"]
        assert all(not line["stalled"] for line in shop.lines().values())

        assert call("projections", "pause", "loyalty_score").code == 0
        until(lambda: shop.lines()["loyalty_score"]["paused"] and shop.agree())
        assert call("projections", "resume", "loyalty_score").code == 0
        until(lambda: not shop.lines()["loyalty_score"]["paused"] and shop.agree())

        for service in ("projector", "relay"):
            shop.signal(service, signal.SIGSTOP)
            until(lambda service=service: shop.status()[1]["silent"] == [service])
            code, status = shop.status()
            assert (code, status["healthy"]) == (1, False)
            if service == "projector":
                assert {(line["doing"], line["stalled"]) for line in status["projections"]} == {
                    ("silent", True)
                }
            else:
                assert (status["relay"]["doing"], status["relay"]["stalled"]) == ("silent", True)
            assert "nothing was heard lately" in call("projections", "status").said
            code, problem = shop.ready()
            assert code == 503
            assert {error["field"] for error in problem["errors"]} == (
                {"relay"} if service == "relay" else set(BY_NAME)
            )
            key = 'clienteling_projection_stalled{projection="clientele_book"}'
            assert (
                shop.measured("api")[key if service == "projector" else "clienteling_relay_stalled_seen"] == 1
            )
            shop.signal(service, signal.SIGCONT)
            until(lambda: shop.status()[1]["silent"] == [] and shop.ready()[0] == 200)
        until(shop.agree)
        assert {service.stop() for service in shop.services.values()} == {0}


def test_a_lost_stream_a_lost_consumer_and_a_server_that_is_down_are_reported(
    settings: Settings, own_nats: NatsServer, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CLIENTELING_NATS_URL", own_nats.url)
    small_shop(settings)
    shop = Watched(settings, own_nats.url, call, tmp_path)
    with running(*shop.services.values()):
        until(lambda: shop.ready()[0] == 200)
        until(shop.caught_up)

        async def delete_the_consumer() -> None:
            async with stream_at(settings, own_nats.url) as client:
                for consumer in await client.jetstream().consumers_info("CLIENTELING"):
                    if consumer.name.startswith("projector-"):
                        await client.jetstream().delete_consumer("CLIENTELING", consumer.name)

        # It is told, and made again: the projector does not spin silently.
        asyncio.run(delete_the_consumer())
        small_shop(settings, sales=1)
        until(lambda: shop.lines()["clientele_book"]["position"] == end_of_log(settings))
        until(shop.caught_up)

        own_nats.stop()
        until(lambda: shop.status()[1]["relay"]["stalled"])
        until(lambda: shop.lines()["clientele_book"]["trouble"])
        code, status = shop.status()
        assert (code, status["healthy"]) == (1, False)
        assert status["relay"]["last_error"]
        until(lambda: shop.measured("relay")["clienteling_relay_failing"] == 1)
        assert shop.measured("projector")['clienteling_projector_failing{projection="clientele_book"}'] == 1
        code, problem = shop.ready()
        assert code == 503
        assert {"relay", "nats"} <= {error["field"] for error in problem["errors"]}

        own_nats.start()
        until(lambda: shop.ready()[0] == 200)
        until(shop.caught_up)
        until(lambda: all(not line["trouble"] for line in shop.lines().values()))


def test_a_projection_that_cannot_move_is_stalled_for_everybody(
    settings: Settings, call: Call, tmp_path: Path
):
    small_shop(settings)
    shop = Watched(settings, str(settings.nats_url), call, tmp_path)
    with running(*shop.services.values()):
        until(lambda: shop.ready()[0] == 200)
        until(shop.caught_up)
        with psycopg.connect(str(settings.database_url)) as connection:
            connection.execute(
                "SELECT 1 FROM projections.generations WHERE name = 'clientele_book' FOR UPDATE"
            )
            small_shop(settings, sales=1)
            until(lambda: shop.lines()["clientele_book"]["stalled"])
            line = shop.lines()["clientele_book"]
            assert line["lag_events"] > 0
            assert line["lag_seconds"] >= 1
            assert shop.status()[0] == 1
            assert (
                shop.measured("projector")['clienteling_projector_stalled{projection="clientele_book"}'] == 1
            )
            assert shop.ready()[0] == 503
        until(shop.caught_up)
        until(shop.agree)
