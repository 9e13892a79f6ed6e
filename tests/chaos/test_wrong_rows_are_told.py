"""A row that is not what the log says is found by the running services, told by status, and mended by one
command.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from domain.heroic_act.commands import ReportHeroicAct
from infra.settings import Settings
from tests.chaos.builders import Service, running, until
from tests.services.cli.calling import Call, calling, end_of_log, said, small_shop

pytestmark = [pytest.mark.slow, pytest.mark.bare_database, pytest.mark.timeout(300)]

QUICK = {
    "CLIENTELING_SERVICE_HEARTBEAT_SECONDS": "0.2",
    "CLIENTELING_PROJECTOR_VERIFY_SECONDS": "0.5",
    "CLIENTELING_RELAY_METRICS_PORT": "0",
    "CLIENTELING_PROJECTOR_METRICS_PORT": "0",
    "CLIENTELING_REACTIONS_METRICS_PORT": "0",
}


@pytest.fixture
def call(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    monkeypatch.setenv("CLIENTELING_SERVICE_HEARTBEAT_SECONDS", "0.2")
    return calling(settings, monkeypatch, capsys)


def line_of(call: Call, name: str) -> dict[str, Any]:
    found = call("projections", "status", "--json").document["projections"]
    return next(line for line in found if line["name"] == name)


def test_rows_changed_deleted_and_added_by_hand_are_told_until_they_are_made_anew(
    settings: Settings, call: Call, tmp_path: Path
):
    associate_id, customer_id = small_shop(settings)
    act = ReportHeroicAct(heroes=(associate_id,), kind="delivery", story="over the hill", reporter="manager")
    (ids,) = said(settings, [act])
    by_hand: dict[str, tuple[str, str, str]] = {
        "clientele_book": (
            customer_id,
            "UPDATE projections.clientele_book_g1 SET net_spend_minor = net_spend_minor + 1",
            "1 row changed (net_spend_minor)",
        ),
        "heroics_wall": (ids["act_id"], "DELETE FROM projections.heroics_wall_g1", "1 row missing"),
        "loyalty_score": (
            "cus_surplus",
            "INSERT INTO projections.loyalty_score_g1 SELECT (jsonb_populate_record(s, "
            '\'{"key": "cus_surplus"}\')).* FROM projections.loyalty_score_g1 s LIMIT 1',
            "1 row too many",
        ),
    }
    services = [
        Service(name, settings, str(settings.nats_url), tmp_path / f"{number}.log", **QUICK)
        for number, name in enumerate(["relay", "projector", "projector", "reactions"])
    ]
    with running(*services):
        is_well: Callable[[], bool] = lambda: call("projections", "status").code == 0  # noqa: E731
        until(is_well, tell=lambda: call("projections", "status").said)
        assert line_of(call, "heroics_wall")["position"] == end_of_log(settings)
        with psycopg.connect(str(settings.database_url), autocommit=True) as connection:
            for _, statement, _ in by_hand.values():
                connection.execute(statement.encode())
        for name, (key, _, what) in by_hand.items():
            until(lambda name=name: line_of(call, name)["differing_keys"] == 1)
            said_of = call("projections", "status", name)
            assert said_of.code == 1
            mending = f"`clienteling projections rebuild {name} --key {key}` makes it anew"
            assert f"{key} is not what the log says ({name}: {what}): {mending}" in said_of.said
            assert call("projections", "rebuild", name, "--key", key).code == 0
            assert line_of(call, name)["differing_keys"] == 0
        until(is_well, tell=lambda: call("projections", "status").said)
    logged = "".join((tmp_path / f"{number}.log").read_text() for number in (1, 2))
    assert logged.count("A row is not what the log says") == len(by_hand)
