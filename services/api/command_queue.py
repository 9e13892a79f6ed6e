"""One writer for all callers: whatever waits is decided together and shares one commit.

The log takes one writer at a time, and a commit waits for the disk (group commit). A single thread takes
everything that came in while it was busy and hands it to the handler at once. Alone, a command pays nothing
for this; under load, a hundred share the wait. The event loop never blocks.
"""

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final, Protocol

import structlog

from domain.messages import Command, Refused
from infra.event_store.command_context import CommandContext
from infra.event_store.command_results import CommandResult
from infra.event_store.decided_batch import KeyedCommand

log = structlog.get_logger(__name__)

Outcome = CommandResult | Exception
HandleEach = Callable[[Sequence[KeyedCommand]], Sequence[CommandResult | Refused]]

#: After this many failures in a row that no command is to blame for, the rest of a batch is not tried any
#: more.
FAILURES_IN_A_ROW_MAX: Final = 2
JOIN_POLL_SECONDS: Final = 0.01
#: For so long a thread that computes keeps another waiting for the interpreter. Python's own 5 ms are longer
#: than a commit takes, and a command asks for the interpreter after each answer of the database.
SWITCH_SECONDS: Final = 0.000_02


class QueueFull(Exception):
    """More commands wait than the settings allow."""


class QueueClosed(Exception):
    """The service is stopping and takes no more commands."""


class Observer(Protocol):
    """Who wants to know about commits."""

    def observe_commit(self, commands: int, seconds: float) -> None:
        """So many commands were handled together, in so many seconds."""
        ...


class CommandQueue:
    """Commands wait here for their turn; `waiting_max` at most, `batch_max` of them share a commit.

    To be used from one event loop. `start` begins the writer's thread, `close` ends it when all that waited
    is done.
    """

    def __init__(
        self, handle_each: HandleEach, *, waiting_max: int, batch_max: int, observer: Observer | None = None
    ) -> None:
        self._handle_each = handle_each
        self._waiting_max = waiting_max
        self._batch_max = batch_max
        self._observer = observer
        self._waiting: dict[asyncio.Future[CommandResult], KeyedCommand] = {}
        self._batch_since: float | None = None
        self._changed = threading.Condition()
        self._closing = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writer: threading.Thread | None = None

    def start(self) -> None:
        """Begin to work; called inside the event loop, which lets the writer in at once from then on."""
        self._loop = asyncio.get_running_loop()
        sys.setswitchinterval(SWITCH_SECONDS)
        # A daemon: a writer that hangs in a dead connection must not keep the process from ending.
        self._writer = threading.Thread(target=self._write, name="command writer", daemon=True)
        self._writer.start()

    async def close(self, within_seconds: float) -> None:
        """Take no more commands, finish those that wait, end the thread; the rest raises QueueClosed."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        deadline = time.monotonic() + within_seconds
        # Not in a thread of the event loop's: while the database hangs, all of those may be taken.
        while self.writes and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(JOIN_POLL_SECONDS)
        with self._changed:
            left = list(self._waiting)
            self._waiting.clear()
        for future in left:
            _settle(future, QueueClosed())

    async def submit(self, command: Command, key: str, context: CommandContext) -> CommandResult:
        """The answer to a command. Raises Refused, QueueFull, QueueClosed or what the handler raised.

        A caller that goes away does not take its command back.
        """
        return await self.put(command, key, context)

    def put(self, command: Command, key: str, context: CommandContext) -> "asyncio.Future[CommandResult]":
        """Let a command wait for its turn; its answer. Raises QueueFull or QueueClosed."""
        if self._loop is None or self._closing:
            raise QueueClosed
        if len(self._waiting) >= self._waiting_max:
            raise QueueFull
        future: asyncio.Future[CommandResult] = self._loop.create_future()
        with self._changed:
            self._waiting[future] = (command, key, context)
            self._changed.notify()
        return future

    def withdraw(self, future: "asyncio.Future[CommandResult]") -> bool:
        """Withdraw a command that waits. False when it has been begun: then it may be recorded."""
        with self._changed:
            return self._waiting.pop(future, None) is not None

    @property
    def waiting(self) -> int:
        """How many commands wait for their turn."""
        return len(self._waiting)

    @property
    def writes(self) -> bool:
        """Whether the writer's thread lives."""
        return self._writer is not None and self._writer.is_alive()

    @property
    def closing(self) -> bool:
        """Whether it takes no more commands."""
        return self._closing

    def busy_seconds(self) -> float:
        """For how long the writer has been working on the same commands; 0 when it waits for some."""
        since = self._batch_since
        return 0.0 if since is None else time.monotonic() - since

    def _write(self) -> None:
        while batch := self._next_batch():
            began = self._batch_since = time.monotonic()
            outcomes = self._outcomes([given for _, given in batch])
            self._batch_since = None
            if self._observer is not None:
                self._observer.observe_commit(len(batch), time.monotonic() - began)
            futures = [future for future, _ in batch]
            assert self._loop is not None  # noqa: S101 - start sets it before the thread begins
            try:
                self._loop.call_soon_threadsafe(_settle_all, futures, outcomes)
            except RuntimeError:
                # The loop is closed: nobody waits for these answers any more.
                return

    def _next_batch(self) -> list[tuple[asyncio.Future[CommandResult], KeyedCommand]]:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            batch = list(islice(self._waiting.items(), self._batch_max))
            for future, _ in batch:
                del self._waiting[future]
            return batch

    def _outcomes(self, commands: list[KeyedCommand]) -> list[Outcome]:
        try:
            return list(self._handle_each(commands))
        except Exception as error:
            if len(commands) == 1:
                return [error]
            log.warning(
                "A shared commit failed; its commands are tried one by one", exc_type=type(error).__name__
            )
        return self._one_by_one(commands)

    def _one_by_one(self, commands: list[KeyedCommand]) -> list[Outcome]:
        """Every command in a commit of its own, so that one that breaks the handler hurts nobody else."""
        outcomes: list[Outcome] = []
        failures_in_a_row = 0
        for command in commands:
            if failures_in_a_row >= FAILURES_IN_A_ROW_MAX:
                # It is not the commands; waiting for every single one's timeout would only make it longer.
                outcomes.append(outcomes[-1])
                continue
            try:
                outcomes.extend(self._handle_each([command]))
                failures_in_a_row = 0
            except Exception as error:
                outcomes.append(error)
                failures_in_a_row += 1
        return outcomes


def _settle_all(futures: list[asyncio.Future[CommandResult]], outcomes: list[Outcome]) -> None:
    for future, outcome in zip(futures, outcomes, strict=True):
        _settle(future, outcome)


def _settle(future: asyncio.Future[CommandResult], outcome: Outcome) -> None:
    if future.done():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
