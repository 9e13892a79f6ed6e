"""`clienteling events new-epoch --export` that was stopped after it had written the file: the same command
finishes it.
"""

import asyncio
from pathlib import Path

import pytest

from infra.messaging.connection import connect
from infra.messaging.subjects import STREAM
from infra.nats import NatsRole
from infra.runtime import open_runtime
from infra.settings import Settings
from services.recovery.epochs import export_lost
from tests.services.cli.calling import Call, end_of_log, published, set_log_back, small_shop
from tests.services.relay.builders import assert_stream_is_the_log

pytestmark = pytest.mark.timeout(240)


async def delete_stream(settings: Settings) -> None:
    client = await connect(settings, str(settings.nats_url), name="test", role=NatsRole.OPS)
    await client.jetstream().delete_stream(STREAM)
    await client.close()


@pytest.fixture
def exported(settings: Settings, tmp_path: Path) -> Path:
    """What the log has lost, as a run leaves it that is stopped right after."""
    small_shop(settings)
    assert published(settings) == end_of_log(settings)
    set_log_back(settings, end_of_log(settings) - 2)
    file = tmp_path / "lost.jsonl"
    with open_runtime(settings, nats=True) as runtime:
        export_lost(runtime, file)
    assert len(file.read_text().splitlines()) == 2
    return file


@pytest.mark.parametrize("emptied", [False, True])
def test_the_same_command_finishes_it_and_keeps_the_file(
    settings: Settings, exported: Path, call: Call, emptied: bool
) -> None:
    before = exported.read_bytes()
    if emptied:
        asyncio.run(delete_stream(settings))
    called = call("events", "new-epoch", "--export", exported, "--yes", "--json")
    assert called.code == 0, called.said
    assert exported.read_bytes() == before
    assert [path.name for path in exported.parent.iterdir() if "lost" in path.name] == ["lost.jsonl"]
    asyncio.run(assert_stream_is_the_log(settings, str(settings.nats_url), str(settings.database_url)))


def test_a_file_that_holds_anything_else_is_refused_and_nothing_is_done(
    settings: Settings, exported: Path, call: Call
) -> None:
    exported.write_text("somebody's notes\n")
    called = call("events", "new-epoch", "--export", exported, "--yes", "--json")
    assert called.code == 1
    assert "exists already" in called.said
    assert exported.read_text() == "somebody's notes\n"
    shown = call("events", "new-epoch", "--json").document["parting"]
    assert (shown["lost"]["count"], shown["log_epoch"]) == (2, shown["stream_epoch"])
