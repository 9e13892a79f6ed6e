"""What the routes work with."""

from dataclasses import dataclass, field

from infra.clock import Clock
from infra.embedded import Servers
from infra.event_store.log import EventLog
from infra.settings import Settings
from infra.vault import AsyncVault
from services.api.command_queue import CommandQueue
from services.api.eraser import Eraser
from services.api.http.metrics import Metrics
from services.api.http.parameters import AnyParameters, AnyRequest, read_parameters
from services.api.http.problems import Problem
from services.api.stall_watch import Watched
from services.read_models.tables import Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """`commands` go to the only writer; `log` is read for what must be seen at once, `tables` (a pool of connections to the
    projections) for all the rest, `keys` open the names in what was read, and `eraser` sees to what forgetting
    leaves behind."""

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
    watched: Watched = field(default_factory=Watched)

    def parameters(self, request: AnyRequest, shape: type[AnyParameters]) -> AnyParameters:
        """The parameters behind the question mark. Raises a 422 problem; also for more rows than the settings allow."""
        parameters = read_parameters(request.scope["query_string"], shape)
        rows_max = self.settings.api_page_rows_max
        if getattr(parameters, "limit", 0) > rows_max:
            raise Problem(422, "invalid", f"A page has at most {rows_max} rows.", field="limit")
        return parameters
