"""The command handler, the only writer of the log, for several threads."""

import threading
from collections.abc import Iterable, Iterator, Sequence

from domain.messages import Command, Refused
from infra.clock import Clock
from infra.event_store.command_context import UNKNOWN, CommandContext
from infra.event_store.command_processor import CommandProcessor, Outcome
from infra.event_store.command_results import CommandResult
from infra.event_store.decided_batch import KeyedCommand
from infra.event_store.log import EventLog
from infra.event_store.speculation import process_batches
from infra.event_store.states import States
from infra.vault import Vault

CONFLICT_RETRIES_MAX = 20
STATES_REMEMBERED_MAX = 100_000


class CommandHandler:
    """Handles commands. Safe to call from several threads; they take turns."""

    def __init__(
        self,
        log: EventLog,
        vault: Vault,
        clock: Clock,
        *,
        states_max: int = STATES_REMEMBERED_MAX,
        conflict_retries_max: int = CONFLICT_RETRIES_MAX,
    ) -> None:
        self._log = log
        self._states = States(log, states_max)
        self._processor = CommandProcessor(log, vault, clock, self._states, conflict_retries_max)
        self._turn = threading.Lock()

    def handle(self, command: Command, key: str, context: CommandContext = UNKNOWN) -> CommandResult:
        """The result of one command. Raises Refused, NotFound or Conflict."""
        outcome = self.handle_each([(command, key, context)])[0]
        if isinstance(outcome, Refused):
            raise outcome
        return outcome

    def handle_many(
        self, commands: Sequence[tuple[Command, str]], context: CommandContext = UNKNOWN
    ) -> list[Outcome]:
        """The same as `handle_each` for commands that are all given in one context."""
        return self.handle_each([(command, key, context) for command, key in commands])

    def handle_each(self, commands: Sequence[KeyedCommand]) -> list[Outcome]:
        """The outcomes in the order of the commands, all events in one commit.

        A refusal concerns its own command only. Each command is decided on what those before it led to.
        Raises Conflict.
        """
        with self._turn:
            return self._processor.process(commands)

    def handle_batches(
        self, batches: Iterable[Sequence[tuple[Command, str]]], context: CommandContext = UNKNOWN
    ) -> Iterator[list[Outcome]]:
        """The same for batch after batch, one commit each; while one is appended, the next is decided.

        The outcomes of a batch come before the next one is written, so whoever stops there leaves it
        unwritten. Other callers wait until the last batch is done. Raises Conflict.
        """
        with self._turn:
            given = ([(command, key, context) for command, key in batch] for batch in batches)
            yield from process_batches(self._processor, given)

    def known_keys(self, keys: list[str]) -> set[str]:
        """Which of these idempotency keys have results; for imports that go on where they stopped."""
        return self._log.known(keys, [])[0]

    def known(self, keys: list[str], stream_ids: list[str]) -> tuple[set[str], set[str]]:
        """Which of these idempotency keys have results, and which of these streams have a history or tag an
        event.

        For whoever gives batches (`handle_batches`), while they are taken: what has no history now is not
        looked for again. Had it begun by the time it is written to, that would be a conflict, and the batch
        is decided anew.
        """
        answered, begun = self._log.known(keys, stream_ids)
        self._states.begin(set(stream_ids) - begun)
        return answered, begun
