"""Writers as of several processes: each has its own log, connections and remembered states."""

import random
import threading
import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, NamedTuple

from domain.messages import Command, Refused
from infra.clock import Clock
from infra.event_store.command_processor import Conflict
from infra.event_store.command_results import CommandResult
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog
from infra.vault import Vault

WRITERS_MAX = 64
#: Who waits so long for the others has found a fault of these rounds.
WAIT_SECONDS = 60
STAGGER_SECONDS = 0.005


class Outcome(NamedTuple):
    """What one writer was answered."""

    command: Command
    key: str
    answer: CommandResult | Refused | Conflict


class Gate:
    """Opens when everybody stands before it or is done."""

    def __init__(self, writers: int) -> None:
        self._awaited = writers
        self._changed = threading.Condition()

    def pass_by(self, *, wait: bool = True) -> None:
        """Come to the gate; wait until it is open."""
        with self._changed:
            self._awaited -= 1
            self._changed.notify_all()
            if wait and not self._changed.wait_for(lambda: self._awaited <= 0, timeout=WAIT_SECONDS):
                raise TimeoutError("some writers neither came to the gate nor were done")


class RacingLog(EventLog):
    """A log whose next append waits at a gate, where there is one."""

    gate: Gate | None = None

    def append(self, *given: Any, **named: Any) -> list[int]:
        """Wait at the gate the first time; then append."""
        self.pass_gate()
        return super().append(*given, **named)

    def turn(self) -> AbstractContextManager[None]:
        """Nobody takes turns on the way to a gate: whoever waits for a turn would not come to it."""
        return nullcontext() if self.gate is not None else super().turn()

    def pass_gate(self, *, wait: bool = True) -> None:
        """Come to the gate, if there is one to come to."""
        gate, self.gate = self.gate, None
        if gate is not None:
            gate.pass_by(wait=wait)


class Writer:
    """One process that takes commands."""

    def __init__(self, database_url: str, vault: Vault, clock: Clock) -> None:
        self.log = RacingLog(database_url, pool_size=1, pool_overflow=2)
        self._handler = CommandHandler(self.log, vault, clock, conflict_retries_max=1_000)

    def send(self, command: Command, key: str, start: threading.Barrier, delay: float) -> Outcome:
        """Start with the others, wait a little, send; the outcome."""
        try:
            start.wait(WAIT_SECONDS)
            time.sleep(delay)
            return Outcome(command, key, self._handler.handle(command, key))
        except (Refused, Conflict) as answer:
            return Outcome(command, key, answer)
        finally:
            self.log.pass_gate(wait=False)


class Writers:
    """As many writers as a race may have; made when they are first needed."""

    def __init__(self, database_url: str, vault: Vault, clock: Clock) -> None:
        self._given = database_url, vault, clock
        self._writers: list[Writer] = []
        self._threads = ThreadPoolExecutor(WRITERS_MAX)

    def race(self, commands: Sequence[tuple[Command, str]], rng: random.Random) -> list[Outcome]:
        """Send all commands at once: together, one a little after the other, or so that all of them are
        decided before the first is appended.
        """
        while len(self._writers) < len(commands):
            self._writers.append(Writer(*self._given))
        racing = rng.sample(self._writers, len(commands))
        gate = Gate(len(commands)) if rng.random() < 0.5 else None
        stagger = 0 if gate else rng.choice((0, STAGGER_SECONDS))
        start = threading.Barrier(len(commands))
        for writer in racing:
            writer.log.gate = gate
        sent = [
            self._threads.submit(writer.send, command, key, start, rng.uniform(0, stagger))
            for writer, (command, key) in zip(racing, commands, strict=True)
        ]
        return [each.result() for each in sent]

    def close(self) -> None:
        """Close every connection."""
        self._threads.shutdown()
        for writer in self._writers:
            writer.log.close()


@contextmanager
def racing_writers(database_url: str, vault: Vault, clock: Clock) -> Generator[Writers]:
    """Writers that are closed at the end."""
    writers = Writers(database_url, vault, clock)
    try:
        yield writers
    finally:
        writers.close()
