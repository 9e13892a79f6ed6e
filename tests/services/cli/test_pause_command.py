"""`clienteling projections pause` and `resume`: they hold for whoever projects now and for whoever comes
later.
"""

from pathlib import Path
from typing import Any

import psycopg
import pytest

from domain.customer.commands import AddNote
from infra.settings import Settings
from tests.chaos.builders import Service, running, until
from tests.services.cli.calling import Call, end_of_log, published, said, small_shop

pytestmark = pytest.mark.timeout(240)


def position(settings: Settings, name: str) -> int:
    with psycopg.connect(str(settings.database_url)) as connection:
        rows = connection.execute(
            "SELECT position FROM projections.checkpoints WHERE projection = %s AND serving", (name,)
        ).fetchall()
    return rows[0][0] if rows else -1


def test_a_pause_survives_restarts_and_resuming_takes_in_what_was_missed(
    settings: Settings, call: Call, tmp_path: Path
):
    _, clara = small_shop(settings)
    published(settings)
    projector = Service("projector", settings, str(settings.nats_url), tmp_path / "projector.log")
    with running(projector):
        paused_at = end_of_log(settings)
        until(
            lambda: position(settings, "clientele_book") == position(settings, "loyalty_score") == paused_at
        )
        assert call("projections", "pause", "clientele_book").code == 0

        for restart in (projector.kill, projector.stop):
            said(settings, [AddNote(customer_id=clara, text="while it is paused")])
            published(settings)
            until(lambda: position(settings, "loyalty_score") == end_of_log(settings))
            restart()
            projector.start()
        line = until(lambda: paused(call), within_seconds=30)
        assert (line["position"], line["paused"], line["stalled"]) == (paused_at, True, False)
        assert line["lag_events"] == 2

        assert call("projections", "resume", "clientele_book").code == 0
        until(lambda: position(settings, "clientele_book") == end_of_log(settings))
        until(lambda: not call_line(call)["paused"])
    assert call("projections", "verify", "clientele_book", "--json").document[0]["holds"]


def call_line(call: Call) -> dict[str, Any]:
    return call("projections", "status", "clientele_book", "--json").document["projections"][0]


def paused(call: Call) -> dict[str, Any] | None:
    line = call_line(call)
    return line if line["doing"] == "paused" else None


@pytest.mark.parametrize("command", ["pause", "resume", "status", "rebuild", "rollback", "verify"])
def test_a_projection_that_is_none_is_named_with_those_that_are(command: str, call: Call):
    called = call("projections", command, "clientele_buch")
    assert (called.code, called.out) == (2, "")
    assert "no projection is called clientele_buch; there are " in called.said
    assert "clientele_book" in called.said
