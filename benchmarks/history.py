"""Long histories, quickly: one season played through the handler, then as many further shops like it as are asked for."""

from collections.abc import Callable
from datetime import date

import psycopg

from infra.clock import SYSTEM_CLOCK
from infra.event_store.handler import Handler
from infra.event_store.log import EventLog
from infra.postgres import sync_pool
from infra.settings import Settings
from infra.vault import Vault, prepare_vault
from services.ops.importing.run import run_commands
from services.ops.simulation.season import Season

LAST_DAY = date(2026, 6, 30)

#: The same facts about other people: the first eight digits of every identifier become the number of the shop.
MULTIPLY = """
    INSERT INTO stored_events (originator_id, originator_version, topic, state, customer_id)
    SELECT overlay(originator_id PLACING %(shop)s FROM 5 FOR 8), originator_version, topic,
        convert_to(regexp_replace(
            convert_from(state, 'UTF8'), '(cus|sal|ret|act|day|ass|acc|cal|arr)_[0-9a-f]{8}', '\\1_' || %(shop)s, 'g'
        ), 'UTF8'),
        overlay(customer_id PLACING %(shop)s FROM 5 FOR 8)
    FROM stored_events WHERE notification_id <= %(end)s ORDER BY notification_id
"""


def fill(settings: Settings, events: int, say: Callable[[str], None]) -> int:
    """Fill an empty log with at least so many facts; how many there are. Each shop is a season of about 20,000."""
    url = settings.database_url or ""
    with EventLog(url) as log, sync_pool(settings, url, name="benchmark") as pool:
        with pool.connection() as connection:
            vault = Vault(pool, prepare_vault(settings, connection))
        run_commands(
            Handler(log, vault, SYSTEM_CLOCK),
            Season(LAST_DAY).commands(),
            batch_commands_max=1_000,
            on_batch=lambda _events, _known: None,
        )
        end = log.last_position()
        shops = -(-events // end)
        with psycopg.connect(url, autocommit=True) as connection:
            for shop in range(1, shops):
                connection.execute(MULTIPLY, {"shop": f"{shop:08x}", "end": end})
                if shop % 10 == 0:
                    say(f"history: {shop * end:,} facts")
            connection.execute("ANALYZE stored_events")
        return log.last_position()
