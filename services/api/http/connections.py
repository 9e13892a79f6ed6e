"""All connections of this process by phase: each has a deadline, and no address may hold too many.

A connection is in one phase at a time. The connections of a phase are in the order of their deadlines, so
looking for overdue ones costs nothing while there are none. ANSWERING has no deadline here.
"""

import asyncio
import enum
import resource
import time
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from infra.settings import Settings, variable_of

log = structlog.get_logger(__name__)

SWEEP_SECONDS: Final = 0.25
#: Files of a process besides its clients' connections: the database's, the log, the program itself.
OTHER_FILES: Final = 256
#: Connections beyond the most that are kept: they may ask for the process's health and nothing else.
RESERVE: Final = 64


class Phase(enum.Enum):
    """What a connection is waiting for."""

    #: The head of a request, of a connection that has just been opened or has begun to send one.
    HEAD = enum.auto()
    #: The rest of a request's body.
    BODY = enum.auto()
    #: Nothing: the client may send another request.
    IDLE = enum.auto()
    #: Ours: a whole request has been received and not been answered.
    ANSWERING = enum.auto()
    #: Nothing any more.
    GONE = enum.auto()


UNFINISHED: Final = frozenset({Phase.HEAD, Phase.BODY})


class Client(Protocol):
    """A connection as it is kept here."""

    address: str
    phase: Phase
    #: When something was received last (monotonic seconds).
    heard_at: float

    def cut(self) -> None:
        """End the connection: with 408 when half a request has been received, else without a word."""
        ...

    def abort(self) -> None:
        """End the connection at once; what the client has not read is lost."""
        ...


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How many connections there may be, and how long (seconds) each phase may last."""

    connections_max: int
    unfinished_max: int
    head_seconds: float
    body_seconds: float
    body_idle_seconds: float
    idle_seconds: float
    write_seconds: float


def limits_of(settings: Settings) -> Limits:
    """The limits that the settings ask for, as far as this process may open so many files."""
    return Limits(
        connections_max=_as_files_allow(settings.api_connections_max),
        unfinished_max=settings.api_unfinished_requests_max,
        head_seconds=settings.api_head_seconds,
        body_seconds=settings.api_body_seconds,
        body_idle_seconds=settings.api_body_idle_seconds,
        idle_seconds=settings.api_keep_alive_seconds,
        write_seconds=settings.api_write_seconds,
    )


def _as_files_allow(connections: int) -> int:
    """So many connections, or fewer where the process may not open as many files. Raises its soft limit."""
    wanted = connections + RESERVE + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        connections, wanted = max(RESERVE, hard - RESERVE - OTHER_FILES), hard
        log.warning(
            "The process may not open enough files; it keeps fewer connections (see `ulimit -Hn`)",
            setting=variable_of("api_connections_max"),
            connections=connections,
            files=hard,
        )
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return connections


class Connections:
    """The connections of one process. To be used from one event loop."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._all: set[Client] = set()
        self._since: dict[Phase, dict[Client, float]] = {phase: {} for phase in Phase}
        #: The unfinished ones of each address, the oldest first.
        self._unfinished: dict[str, dict[Client, None]] = {}
        #: Those whose client does not read its answer, and since when.
        self._unread: dict[Client, float] = {}
        self._lasts = {
            Phase.HEAD: limits.head_seconds,
            Phase.BODY: limits.body_seconds,
            Phase.IDLE: limits.idle_seconds,
        }

    def __len__(self) -> int:
        return len(self._all)

    def add(self, client: Client) -> bool:
        """Add a new connection. False when too many are at work: then it may only ask for health."""
        self._all.add(client)
        full = len(self._all) > self.limits.connections_max and not self._make_room()
        self.enter(client, Phase.HEAD)
        return not full

    def enter(self, client: Client, phase: Phase) -> None:
        """A connection comes into another phase."""
        before = client.phase
        if before is phase:
            return
        self._since[before].pop(client, None)
        client.phase = phase
        if phase is not Phase.GONE:
            self._since[phase][client] = time.monotonic()
        if (phase in UNFINISHED) != (before in UNFINISHED):
            self._count(client, phase in UNFINISHED)

    def remove(self, client: Client) -> None:
        """A connection has ended."""
        self.enter(client, Phase.GONE)
        self._all.discard(client)
        self._unread.pop(client, None)

    def unread(self, client: Client, waiting: bool) -> None:
        """Whether a client leaves a piece of its answer unread."""
        if not waiting:
            self._unread.pop(client, None)
        elif client in self._all:
            self._unread.setdefault(client, time.monotonic())

    async def keep_to_deadlines(self) -> None:
        """Cut off whoever is overdue, until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                self.sweep(time.monotonic())
            except Exception:
                log.exception("Connections that are overdue could not be cut off")

    def sweep(self, now: float) -> None:
        """Cut off whoever is overdue."""
        for phase, lasts in self._lasts.items():
            for client in _overdue(self._since[phase], now - lasts):
                self._cut(client)
        heard_before = now - self.limits.body_idle_seconds
        for client in [one for one in self._since[Phase.BODY] if one.heard_at < heard_before]:
            self._cut(client)
        for client in _overdue(self._unread, now - self.limits.write_seconds):
            self._unread.pop(client)
            client.abort()

    def _count(self, client: Client, unfinished: bool) -> None:
        of_address = self._unfinished.setdefault(client.address, {})
        if not unfinished:
            of_address.pop(client, None)
            if not of_address:
                del self._unfinished[client.address]
            return
        of_address[client] = None
        # The oldest goes, not the newest: who sends a whole request at once is always let in.
        if len(of_address) > self.limits.unfinished_max:
            self._cut(next(iter(of_address)))

    def _make_room(self) -> bool:
        for phase in (Phase.IDLE, Phase.HEAD, Phase.BODY):
            for client in self._since[phase]:
                self._cut(client)
                return True
        return False

    def _cut(self, client: Client) -> None:
        self.enter(client, Phase.GONE)
        client.cut()


def _overdue(since: dict[Client, float], before: float) -> list[Client]:
    overdue: list[Client] = []
    for client, at in since.items():
        if at >= before:
            break
        overdue.append(client)
    return overdue
