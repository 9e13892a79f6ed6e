"""What the route handlers work with."""

from dataclasses import dataclass, field

from infra.clock import Clock
from infra.embedded import Servers
from infra.event_store.log import EventLog
from infra.settings import Settings
from infra.vault import AsyncVault
from services.api.command_queue import CommandQueue
from services.api.eraser import Eraser
from services.api.http.metrics import Metrics
from services.api.stall_watch import StallWatch
from services.read_models.tables import Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class AppState:
    """Commands go to `commands`, the only writer; `log` is read for what must be seen at once, `tables` for
    all else; `keys` decrypt personal data, and `eraser` removes what erasure leaves behind.
    """

    settings: Settings
    servers: Servers
    log: EventLog
    tables: Tables
    keys: AsyncVault
    commands: CommandQueue
    eraser: Eraser
    clock: Clock
    metrics: Metrics
    projections: frozenset[str]
    stalls: StallWatch = field(default_factory=StallWatch)
