"""`clienteling events` as it is called, on a small real log and the stream it becomes."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from infra.event_store.log import EventLog
from infra.messaging.client import StreamClient
from infra.messaging.subjects import STREAM
from infra.settings import Settings
from tests.infra.messaging.builders import batches_over, stream_at
from tests.services.cli.calling import (
    NAME,
    NOTE,
    Call,
    end_of_log,
    published,
    small_shop,
)
from tests.services.relay.builders import assert_stream_is_the_log, epoch_of, stream_of

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def people(settings: Settings) -> tuple[str, str]:
    return small_shop(settings)


def stream_is_the_log(settings: Settings) -> None:
    asyncio.run(assert_stream_is_the_log(settings, str(settings.nats_url), str(settings.database_url)))


@asynccontextmanager
async def an_empty_stream(settings: Settings) -> AsyncGenerator[StreamClient]:
    async with stream_at(settings) as client:
        await client.jetstream().delete_stream(STREAM)
    async with stream_at(settings) as client:
        yield client


def fill_with(settings: Settings, *runs: tuple[int, int]) -> None:
    """Give the stream these runs of positions (first, last) of the log and no others, as the relay would
    write them.
    """

    async def fill() -> None:
        epoch = await epoch_of(str(settings.database_url))
        async with (
            an_empty_stream(settings) as client,
            batches_over(client, epoch.epoch, epoch.stamp_key) as batches,
        ):
            sequence = 0
            with EventLog(str(settings.database_url), pool_size=1) as log:
                for first, last in runs:
                    sent = await batches.send(log.read(first - 1, last - first + 1), last_sequence=sequence)
                    sequence = await sent.committed

    asyncio.run(fill())


def test_show_gives_what_was_asked_for_and_seals_what_is_personal(
    people: tuple[str, str], call: Call, settings: Settings
):
    everything = call("events", "show", "--limit", 1_000, "--json")
    assert everything.code == 0
    assert [event["position"] for event in everything.document] == list(range(1, end_of_log(settings) + 1))
    assert NAME not in everything.out
    assert NOTE not in everything.out
    last = call("events", "show", "--last", "--limit", 2, "--json").document
    assert last == everything.document[-2:]
    behind = call("events", "show", "--after", 3, "--limit", 1, "--json").document
    assert behind == everything.document[3:4]
    sales = call("events", "show", "--topic", "sale.", "--json").document
    assert {event["topic"] for event in sales} == {"sale.recorded.v1"}
    hers = call("events", "show", "--customer", people[1], "--json").document
    assert {event["customer_id"] for event in hers} == {people[1]}
    opened = call("events", "show", "--stream", people[1], "--open", "--json")
    assert NAME in opened.out
    assert NOTE in opened.out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("show", "--stream", "sal_unknown"), 1, "the log holds nothing of sal_unknown"),
        (("show", "--customer", "cus_unknown"), 1, "the log holds nothing of cus_unknown"),
        (("show", "--limit", "many"), 2, "many"),
        (("show", "--after", "-1"), 2, "-1"),
        (("show", "--limit", "0"), 2, "0"),
        (("tail", "--after", "-1"), 2, "-1"),
        (("tail", "--no-follow"), 1, "there is no stream; the relay makes it"),
        (("export", "history.txt"), 1, "history.txt ends neither in .jsonl nor in .parquet"),
        (("export", "nowhere/history.jsonl"), 1, "nowhere"),
        (("export",), 2, "file"),
        (("check", "nowhere.parquet"), 1, "nowhere.parquet cannot be read"),
        (("forget",), 2, "forget"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(
    arguments: tuple[str, ...], code: int, says: str, call: Call, people: tuple[str, str]
):
    called = call("events", *arguments)
    assert (called.code, called.out) == (code, "")
    assert says.lower() in called.said.lower()


@pytest.mark.bare_database
def test_an_empty_log_shows_and_exports_nothing(call: Call, settings: Settings, tmp_path: Path):
    assert call("events", "show", "--json").document == []
    file = tmp_path / "history.jsonl"
    assert call("events", "export", file).code == 0
    assert file.read_bytes() == b""


def test_tail_gives_the_stream_a_json_document_a_line_and_ends_where_it_ends(
    call: Call, settings: Settings, people: tuple[str, str]
):
    published(settings)
    tail = call("events", "tail", "--after", 2, "--no-follow", "--json")
    assert tail.code == 0
    lines = [json.loads(line) for line in tail.out.splitlines()]
    assert [int(line["clienteling-position"]) for line in lines] == list(range(3, end_of_log(settings) + 1))
    assert lines[0]["ce-specversion"] == "1.0"
    assert NAME not in tail.out
    fill_with(settings, (1, 3), (5, end_of_log(settings)))
    broken = call("events", "tail", "--after", 0, "--no-follow", "--json")
    assert broken.code == 1
    assert "the stream goes on at position 5, which follows 4; the last one seen was 3" in broken.said


def test_both_exports_hold_the_whole_history_sealed(
    call: Call, settings: Settings, people: tuple[str, str], tmp_path: Path
):
    lines_file, parquet_file = tmp_path / "history.jsonl", tmp_path / "history.parquet"
    assert call("events", "export", lines_file).code == 0
    assert call("events", "export", parquet_file).code == 0
    shown = call("events", "show", "--limit", 1_000, "--json").document
    events = [json.loads(line) for line in lines_file.read_text().splitlines()]
    assert [(e["clientelingposition"], e["type"], e["data"]) for e in events] == [
        (e["position"], e["topic"], e["content"]) for e in shown
    ]
    assert {(e["specversion"], e["datacontenttype"], e["source"]) for e in events} == {
        ("1.0", "application/json", "/clienteling")
    }
    assert len({e["id"] for e in events}) == len(events)
    audited = {e["position"]: e for e in call("audit", "--since", "2020-01-01", "--json").document}
    context = {
        e["clientelingposition"]: (e.get("authid"), e.get("correlationid"), e.get("causationid"))
        for e in events
    }
    assert context == {
        position: (e["actor"], e["correlation_id"], e["causation_id"]) for position, e in audited.items()
    }
    assert events[-1]["recordedtime"] <= datetime.now(UTC).isoformat()
    rows = pq.read_table(parquet_file).to_pylist()
    assert [(r["position"], r["topic"], json.loads(r["data"])) for r in rows] == [
        (e["position"], e["topic"], e["content"]) for e in shown
    ]
    assert [(r["actor"], r["correlation_id"]) for r in rows] == [
        (e.get("authid"), e.get("correlationid")) for e in events
    ]
    assert all(r["recorded_at"] is not None for r in rows)
    assert {r["customer_id"] for r in rows} == {e["customer_id"] for e in shown}
    for file in (lines_file, parquet_file):
        content = file.read_bytes()
        for word in (*NAME.split(), "blue suede", "Lindqvist"):
            assert word.encode() not in content, (file.name, word)
    assert b"sealed:v1:" in lines_file.read_bytes()


def test_an_export_begins_behind_a_position_and_writes_over_nothing(
    call: Call, people: tuple[str, str], tmp_path: Path
):
    file = tmp_path / "history.jsonl"
    assert call("events", "export", file, "--after", 4).code == 0
    first = json.loads(file.read_text().splitlines()[0])
    assert first["clientelingposition"] == 5
    before = file.read_bytes()
    again = call("events", "export", file)
    assert again.code == 1
    assert "exists already" in again.said
    assert file.read_bytes() == before


def test_republish_fills_a_stream_that_is_not_there_and_one_that_lost_its_tail(
    call: Call, settings: Settings, people: tuple[str, str]
):
    end = end_of_log(settings)
    filled = call("events", "republish", "--json")
    assert filled.code == 0, filled.said
    document = filled.document
    assert (document["filled"], document["stream_position"], document["log_position"]) == (True, end, end)
    assert document["found"]["messages"] == 0
    stream_is_the_log(settings)
    fill_with(settings, (1, end - 3))
    assert call("events", "republish", "--json").document["found"]["messages"] == end - 3
    stream_is_the_log(settings)
    assert call("events", "republish").code == 0


def test_republish_finds_what_is_missing_in_the_middle_and_fills_another_stream(
    call: Call, settings: Settings, people: tuple[str, str]
):
    end = end_of_log(settings)
    published(settings)
    fill_with(settings, (1, 3), (6, end))
    refused = call("events", "republish", "--json")
    assert refused.code == 1
    assert "2 facts are missing in the middle of the stream, the first one at position 4" in refused.said
    assert (refused.document["found"]["missing"], refused.document["found"]["first_missing"]) == (2, 4)
    unconfirmed = call("events", "republish", "--anew")
    assert unconfirmed.code == 1
    assert "nothing was done" in unconfirmed.said
    assert call("events", "republish", "--anew", "--yes", "--json").document["made_anew"]
    stream_is_the_log(settings)


def test_republish_leaves_a_stream_alone_that_holds_what_the_log_does_not(
    call: Call, settings: Settings, people: tuple[str, str]
):
    published(settings)
    end = end_of_log(settings)
    with EventLog(str(settings.database_url), pool_size=1) as log, log.connection() as connection:
        connection.execute("DELETE FROM stored_events WHERE notification_id > %s", (end - 2,))
    called = call("events", "republish", "--anew", "--yes", "--json")
    assert called.code == 1
    assert "2 events that the log does not have" in called.said
    assert "new-epoch" in called.said
    assert len(asyncio.run(stream_of(settings, str(settings.nats_url)))) == end
