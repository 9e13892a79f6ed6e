"""What the log keeps beside an event reaches whoever reads the stream."""

from collections.abc import Iterator

import psycopg
import pytest

from domain.customer.commands import RegisterCustomer
from infra.clock import SYSTEM_CLOCK
from infra.event_store.command_context import CommandContext
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog
from infra.postgres import sync_pool
from infra.settings import Settings
from infra.vault import Vault, prepare_vault
from tests.services.relay.builders import carried_to, relay_at_work, stream_of

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
ANNA = CommandContext(actor="usr:anna", role="manager", correlation_id="till-17", traceparent=TRACE)
TOLD = {"ce-authtype", "ce-authid", "ce-correlationid", "ce-causationid", "ce-traceparent"}


@pytest.fixture
def handler(settings: Settings) -> Iterator[CommandHandler]:
    with sync_pool(settings, settings.database_url or "", name="test") as pool:
        with pool.connection() as connection:
            master = prepare_vault(settings, connection)
        with EventLog(settings.database_url or "") as log:
            yield CommandHandler(log, Vault(pool, master), SYSTEM_CLOCK)


async def test_a_reader_sees_who_gave_the_command_and_why(
    settings: Settings, handler: CommandHandler
) -> None:
    told = handler.handle(RegisterCustomer(), "key-1", ANNA).position
    untold = handler.handle(RegisterCustomer(), "key-2").position
    older = handler.handle(RegisterCustomer(), "key-3").position
    with psycopg.connect(settings.database_url or "") as connection:
        connection.execute("UPDATE stored_events SET recorded_at = NULL WHERE notification_id = %s", (older,))
        row = connection.execute(
            "SELECT to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') "
            "FROM stored_events WHERE notification_id = %s",
            (told,),
        ).fetchone()
    async with relay_at_work(settings):
        await carried_to(settings, str(settings.nats_url), older)
    stream = await stream_of(settings, str(settings.nats_url), settings.database_url)
    headers = {message.metadata.position: message.headers for message in stream}
    assert row is not None
    assert (
        headers[told].items()
        >= {
            "ce-sequence": f"{told:018}",
            "ce-datacontenttype": "application/json",
            "ce-recordedtime": row[0],
            "ce-authtype": "user",
            "ce-authid": "usr:anna",
            "ce-correlationid": "till-17",
            "ce-causationid": "key-1",
            "ce-traceparent": TRACE,
        }.items()
    )
    assert TOLD.isdisjoint(headers[untold])
    assert "ce-recordedtime" in headers[untold]
    assert not {*TOLD, "ce-recordedtime"} & set(headers[older])
    assert headers[older]["ce-sequence"] == f"{older:018}"
