"""What the route handlers work with."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from services.api.auth.sign_in import SignIn
from services.api.command_queue import CommandQueue
from services.api.epochs import Epochs
from services.api.eraser import Eraser
from services.api.event_streams import EventStreams
from services.api.http.metrics import Metrics
from services.api.listed import Listed
from services.api.live_feed import LiveFeed
from services.api.reading_process import ReadingProcess
from services.api.reading_state import ReadingState
from services.api.stall_watch import StallWatch


@dataclass(frozen=True, slots=True, kw_only=True)
class AppState(ReadingState):
    """Commands go to `commands`, the only writer; `eraser` removes what erasure leaves behind; slow reads are
    done `beside`. `sign_in` is None where authentication is off.
    """

    commands: CommandQueue
    eraser: Eraser
    beside: ReadingProcess
    live: LiveFeed
    epochs: Epochs
    metrics: Metrics
    projections: frozenset[str]
    sign_in: SignIn | None = None
    stalls: StallWatch = field(default_factory=StallWatch)
    event_streams: EventStreams = field(default_factory=EventStreams)
    #: Lists of today, as they were read last.
    listed: dict[tuple[Any, ...], Listed] = field(default_factory=dict[tuple[Any, ...], Listed])
    #: Entries of today that are being kept, by associate.
    keeping: dict[str, "asyncio.Future[None]"] = field(default_factory=dict[str, "asyncio.Future[None]"])
    #: By associate, in which state of the tables all search entries of their book were there.
    complete: dict[str, str] = field(default_factory=dict[str, str])
