"""`clienteling dead-letters retry webhooks KEY`: what an endpoint did not take is sent again, or given up.

The service sends it, so that nothing of the key comes in between; a key is `<endpoint>/<customer or
aggregate>`.
"""

import time
from typing import Final

from domain.messages import NotFound
from infra.runtime import Runtime
from infra.webhook_store.endpoints import record_change
from infra.webhook_store.parked import ask_for_retry, discard_parked, parked_key
from services.projector.parked_keys import RetryResult

#: So long it is waited for what comes of it.
WAIT_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.1


def send_to_webhook_again(runtime: Runtime, key: str) -> RetryResult:
    """Have the events of a key sent again, in order, up to the first that is not taken. Raises NotFound."""
    with runtime.connect("dead letters") as connection:
        before = parked_key(connection, key)
        if not before.events:
            raise _nothing(key)
        ask_for_retry(connection, key)
        deadline = time.monotonic() + WAIT_SECONDS
        while (now := parked_key(connection, key)).events:
            if not now.asked:
                return RetryResult(key, max(0, before.events - now.events), now.events, now.reason)
            if time.monotonic() >= deadline:
                reason = (
                    f"it is to be sent, and was not within {WAIT_SECONDS:g} s: does `serve webhooks` run?"
                )
                return RetryResult(key, max(0, before.events - now.events), now.events, reason)
            time.sleep(POLL_SECONDS)
    return RetryResult(key, before.events, 0, None)


def discard_for_webhook(runtime: Runtime, key: str) -> RetryResult:
    """Give up the first event of a key, and have those behind it sent. Raises NotFound."""
    with runtime.connect("dead letters") as connection, connection.transaction():
        position = discard_parked(connection, key)
        if position is None:
            raise _nothing(key)
        record_change(connection, key.partition("/")[0], f"discarded position {position} of {key}", None)
        waiting = parked_key(connection, key).events
    return RetryResult(key, 0, waiting, "they are to be sent" if waiting else None)


def _nothing(key: str) -> NotFound:
    return NotFound("nothing_parked", f"nothing of {key} waits for an endpoint", "KEY")
