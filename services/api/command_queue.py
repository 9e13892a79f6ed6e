"""One writer for all callers: whatever waits is decided together and shares one commit.

The log takes one writer at a time, and a commit costs a wait for the disk. So callers do not queue up for commits of their
own: a single thread takes everything that came in while it was busy and hands it to the handler at once. Alone, a
command pays nothing for this; under load, a hundred share the wait. The event loop never blocks.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import structlog

from domain.messages import Command, Refused
from infra.event_store.answers import Answer

log = structlog.get_logger(__name__)

Outcome = Answer | Exception
HandleMany = Callable[[Sequence[tuple[Command, str]]], Sequence[Answer | Refused]]

#: After this many failures in a row that no command is to blame for, the rest of a batch is not tried any more.
FAILURES_IN_A_ROW_MAX: Final = 2


class QueueFull(Exception):
    """More commands wait than the settings allow."""


class QueueClosed(Exception):
    """The service is stopping and takes no more commands."""


class Observer(Protocol):
    """Who wants to know about commits."""

    def committed(self, commands: int, seconds: float) -> None:
        """So many commands were handled together, in so many seconds."""
        ...


class CommandQueue:
    """Commands wait here for their turn; `waiting_max` at most, `batch_max` of them share a commit.

    To be used from one event loop. `start` begins the writer's thread, `close` ends it when all that waited is done.
    """

    def __init__(
        self, handle_many: HandleMany, *, waiting_max: int, batch_max: int, observer: Observer | None = None
    ) -> None:
        self._handle_many = handle_many
        self._waiting_max = waiting_max
        self._batch_max = batch_max
        self._observer = observer
        self._waiting: deque[tuple[Command, str, asyncio.Future[Answer]]] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writer: threading.Thread | None = None

    def start(self) -> None:
        """Begin to work; called inside the event loop."""
        self._loop = asyncio.get_running_loop()
        # A daemon: a writer that hangs in a dead connection must not keep the process from ending.
        self._writer = threading.Thread(target=self._write, name="command writer", daemon=True)
        self._writer.start()

    async def close(self, within_seconds: float) -> None:
        """Take no more commands, finish those that wait, end the thread; the rest is told QueueClosed."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._writer is not None:
            await asyncio.to_thread(self._writer.join, within_seconds)
        while self._waiting:
            _, _, future = self._waiting.popleft()
            _settle(future, QueueClosed())

    async def submit(self, command: Command, key: str) -> Answer:
        """The answer to a command. Raises Refused, QueueFull, QueueClosed or what the handler raised.

        A caller that goes away does not take its command back.
        """
        if self._loop is None or self._closing:
            raise QueueClosed
        if len(self._waiting) >= self._waiting_max:
            raise QueueFull
        future: asyncio.Future[Answer] = self._loop.create_future()
        with self._changed:
            self._waiting.append((command, key, future))
            self._changed.notify()
        return await future

    @property
    def waiting(self) -> int:
        """How many commands wait for their turn."""
        return len(self._waiting)

    def _write(self) -> None:
        while batch := self._next_batch():
            began = time.monotonic()
            outcomes = self._outcomes([(command, key) for command, key, _ in batch])
            if self._observer is not None:
                self._observer.committed(len(batch), time.monotonic() - began)
            futures = [future for _, _, future in batch]
            assert self._loop is not None  # noqa: S101 - start sets it before the thread begins
            try:
                self._loop.call_soon_threadsafe(_settle_all, futures, outcomes)
            except RuntimeError:
                # The loop is closed: nobody waits for these answers any more.
                return

    def _next_batch(self) -> list[tuple[Command, str, asyncio.Future[Answer]]]:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), self._batch_max))]

    def _outcomes(self, commands: list[tuple[Command, str]]) -> list[Outcome]:
        try:
            return list(self._handle_many(commands))
        except Exception as error:
            if len(commands) == 1:
                return [error]
            log.warning(
                "A shared commit failed; its commands are tried one by one", exc_type=type(error).__name__
            )
        return self._one_by_one(commands)

    def _one_by_one(self, commands: list[tuple[Command, str]]) -> list[Outcome]:
        """Every command in a commit of its own, so that one that breaks the handler hurts nobody else."""
        outcomes: list[Outcome] = []
        failures_in_a_row = 0
        for command in commands:
            if failures_in_a_row >= FAILURES_IN_A_ROW_MAX:
                # It is not the commands; waiting for every single one's timeout would only make it longer.
                outcomes.append(outcomes[-1])
                continue
            try:
                outcomes.extend(self._handle_many([command]))
                failures_in_a_row = 0
            except Exception as error:
                outcomes.append(error)
                failures_in_a_row += 1
        return outcomes


def _settle_all(futures: list[asyncio.Future[Answer]], outcomes: list[Outcome]) -> None:
    for future, outcome in zip(futures, outcomes, strict=True):
        _settle(future, outcome)


def _settle(future: asyncio.Future[Answer], outcome: Outcome) -> None:
    if future.done():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
