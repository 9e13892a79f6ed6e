"""Fill the stream from the log with a relay of our own, beside any that runs; whoever is first wins."""

import asyncio
import time
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from infra.runtime import Runtime
from services.recovery.epochs import BegunEpoch, StreamDivergence
from services.recovery.stream_check import StreamCheck
from services.relay.relay import Relay
from services.relay.status import RelayStatus

POLL_SECONDS: Final = 0.1
STILL_SECONDS_MAX: Final = 20.0


class Republished(msgspec.Struct, frozen=True, kw_only=True):
    """The result of republishing.

    `filled`: the stream holds the log up to `log_position`. `found`: the stream check before; None without
    one.
    """

    filled: bool
    stream_position: int
    log_position: int
    made_anew: bool
    found: StreamCheck | None


class NewEpoch(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a new epoch.

    Without `begun` nothing was done. `rebuilt`: the projections that were rebuilt.
    """

    divergence: StreamDivergence = msgspec.field(name="parting")
    begun: BegunEpoch | None = None
    stream_position: int = 0
    rebuilt: list[str] = []


class Filled(NamedTuple):
    """How far the stream holds the log, and why it does not move on, if so."""

    position: int
    trouble: str | None


async def fill_stream(runtime: Runtime, on_progress: Callable[[int], None]) -> Filled:
    """Publish until the stream holds what the log holds now.

    `on_progress` gets the position of the stream.
    """
    status = RelayStatus(stalled_seconds=runtime.settings.relay_stalled_seconds)
    stop = asyncio.Event()
    end = runtime.log.last_position()
    publishing = asyncio.create_task(
        Relay(runtime.settings, runtime.servers.database_url, runtime.servers.nats_url, status).run(stop)
    )
    trouble = None
    still_since = time.monotonic()
    while not publishing.done() and (status.position < end or status.doing == "starting"):
        before = status.position
        await asyncio.sleep(POLL_SECONDS)
        on_progress(status.position)
        if status.position != before:
            still_since = time.monotonic()
        elif status.doing == "refusing" or time.monotonic() - still_since > STILL_SECONDS_MAX:
            trouble = status.last_error or "no reason is known"
            break
    stop.set()
    await asyncio.gather(publishing, return_exceptions=True)
    return Filled(status.position, trouble)


def why_left_alone(found: StreamCheck, *, anew: bool) -> str | None:
    """Why a stream must not be filled, as a sentence; None when it may be."""
    if found.another_shops:
        return (
            "the stream belongs to another log: is it another shop's? "
            "`clienteling events new-epoch --foreign` replaces it"
        )
    if found.lost:
        return (
            f"the stream has {found.lost:,} events that the log does not have, the first one at position "
            f"{found.first_lost}; was the log set back? See `clienteling events new-epoch`"
        )
    if found.missing and not anew:
        return (
            f"{found.missing:,} facts are missing in the middle of the stream, the first one at position "
            f"{found.first_missing}; nothing can be put in between, so it has to be filled --anew"
        )
    return None
