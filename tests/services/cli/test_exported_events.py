"""Parts of the log that were exported to Parquet are read again and are what the log has."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from msgspec.structs import replace

from infra.event_store.log import EventLog
from infra.settings import Settings
from services.recovery.event_export import SCHEMA
from services.recovery.exported_events import exported_events
from tests.services.cli.calling import Call, small_shop


@pytest.fixture
def people(settings: Settings) -> tuple[str, str]:
    return small_shop(settings)


def test_an_exported_part_of_the_log_is_read_again_byte_for_byte(
    call: Call, settings: Settings, people: tuple[str, str], tmp_path: Path
):
    file, again = tmp_path / "part.parquet", tmp_path / "again.parquet"
    assert call("events", "export", file, "--after", 2, "--up-to", 6).code == 0
    with EventLog(str(settings.database_url), pool_size=1) as log:
        logged = log.read(2, 4)
    read = [event for page in exported_events(file) for event in page]
    assert read == [replace(event, previous_position=0) for event in logged]
    checked = call("events", "check", file, "--json")
    assert (checked.code, checked.document["events"], checked.document["differs_at"]) == (0, 4, None)
    assert (checked.document["first"], checked.document["last"]) == (3, 6)
    assert call("events", "export", again, "--after", 2, "--up-to", 6).code == 0
    assert call("events", "check", again, "--json").document["sha256"] == checked.document["sha256"]


def test_one_byte_in_an_exported_part_is_found(call: Call, people: tuple[str, str], tmp_path: Path):
    file = tmp_path / "part.parquet"
    assert call("events", "export", file).code == 0
    intact = call("events", "check", file, "--json").document["sha256"]
    rows = pq.read_table(file).to_pylist()
    rows[3]["data"] = rows[3]["data"].replace(":", ": ", 1)
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), file)
    changed = call("events", "check", file, "--json")
    assert (changed.code, changed.document["differs_at"]) == (1, rows[3]["position"])
    assert changed.document["sha256"] != intact
    pq.write_table(pa.Table.from_pylist([{"position": 1}]), file)
    assert "has other columns" in call("events", "check", file).said
