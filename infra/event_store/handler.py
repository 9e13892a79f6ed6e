"""The command handler, the only writer of the log: load, decide, append at the expected versions.

Optimistic concurrency: an append that meets another writer's is decided anew. With a batch on its way, the next one is
a speculative decision on its outcome."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from eventsourcing.persistence import IntegrityError

from domain.ids import HEROIC_ACT, RETURN, SALE
from domain.messages import Command, Refused
from infra.clock import Clock
from infra.event_store.answers import Answer
from infra.event_store.commit import Commit, Decided
from infra.event_store.deciding import Deciding, Ready
from infra.event_store.log import EventLog
from infra.event_store.recorder import ForgetOn, Seen
from infra.event_store.states import States
from infra.vault import Vault

CONFLICT_RETRIES_MAX = 20
STATES_REMEMBERED_MAX = 100_000
#: What texts are sealed under while nobody knows the customer.
SUBJECTS_BESIDE_CUSTOMERS = (SALE, RETURN, HEROIC_ACT)


class Conflict(Exception):
    """Other writers were faster every time; nothing was written and the command may be sent again."""


class Handler:
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
        self._vault = vault
        self._states = States(log, states_max)
        self._deciding = Deciding(log, vault, clock, self._states)
        self._retries_max = conflict_retries_max
        self._turn = threading.Lock()

    def handle(self, command: Command, key: str) -> Answer:
        """The answer to one command. Raises Refused, NotFound or Conflict."""
        outcome = self.handle_many([(command, key)])[0]
        if isinstance(outcome, Refused):
            raise outcome
        return outcome

    def handle_many(self, commands: Sequence[tuple[Command, str]]) -> list[Answer | Refused]:
        """Answers in the order of the commands, all facts in one commit.

        A refusal concerns its own command only. Each command sees what those before it led to. When another
        writer was faster, everything is decided anew. Raises Conflict when that happened too often.
        """
        with self._turn:
            return self._handled(commands)

    def handle_batches(
        self, batches: Iterable[Sequence[tuple[Command, str]]]
    ) -> Iterator[list[Answer | Refused]]:
        """The same for batch after batch, one commit each: while one is being written, the next is decided.

        The answers to a batch come before the next one is written, so whoever stops there leaves it unwritten. Batches are
        taken one ahead of the answers. Other callers wait until the last batch is answered. Raises Conflict.
        """
        with self._turn, ThreadPoolExecutor(1, "append") as writer:
            before: Ready | None = None
            appending: Future[list[int]] = Future()
            for commands in batches:
                if before is None:
                    ready = self._ready(commands)
                else:
                    ready = self._ready_behind(before, appending, commands)
                    outcomes, as_decided = self._answered(before, appending)
                    yield outcomes
                    if not as_decided or any(isinstance(outcome, Refused) for outcome in ready.outcomes):
                        ready = self._ready(commands)
                before, appending = ready, writer.submit(self._append, ready.commit)
            if before is not None:
                yield self._answered(before, appending)[0]

    def known_keys(self, keys: list[str]) -> set[str]:
        """Which of these idempotency keys have been answered; for imports that go on where they stopped."""
        return self._log.known(keys, [])[0]

    def known(self, keys: list[str], stream_ids: list[str]) -> tuple[set[str], set[str]]:
        """Which of these idempotency keys have been answered, and which of these aggregates have a history.

        For whoever gives batches (`handle_batches`), while they are taken: what has no history now is not looked for again. Had it
        begun by the time it is written to, that would be a conflict, and the batch is decided anew.
        """
        answered, begun = self._log.known(keys, stream_ids)
        self._states.begin(set(stream_ids) - begun)
        return answered, begun

    def known_later(self, customer_ids: list[str]) -> list[str]:
        """The sales, returns and acts of these customers: texts may have been sealed under them before she was known."""
        return sorted(filter(_is_subject, self._log.streams_of(customer_ids)))

    def _handled(self, commands: Sequence[tuple[Command, str]]) -> list[Answer | Refused]:
        for _ in range(self._retries_max):
            ready = self._ready(commands)
            try:
                positions = self._append(ready.commit)
            except IntegrityError:
                # A stream moved on or a key was answered since we looked: decide on what is true now.
                continue
            return self._answers(ready, positions)
        raise Conflict(f"{len(commands)} commands met other writers {self._retries_max} times in a row")

    def _ready(self, commands: Sequence[tuple[Command, str]]) -> Ready:
        """The commands, decided on what is true now."""
        self._states.refresh()
        return self._deciding.decided(commands)

    def _ready_behind(
        self, before: Ready, appending: Future[list[int]], commands: Sequence[tuple[Command, str]]
    ) -> Ready:
        """The commands, decided on what another commit is about to make true."""
        if before.commit.forgotten or any(key in before.commit.decided for _, key in commands):
            # Until the key of somebody forgotten is gone, texts would be sealed with it; and who asks again is answered from the log.
            wait([appending])
        return self._deciding.decided_behind(before.commit, commands)

    def _answered(self, ready: Ready, appending: Future[list[int]]) -> tuple[list[Answer | Refused], bool]:
        """The answers, and whether what was written is what had been decided first."""
        try:
            return self._answers(ready, appending.result()), True
        except IntegrityError:
            return self._handled(ready.commands), False

    def _answers(self, ready: Ready, positions: list[int]) -> list[Answer | Refused]:
        self._states.put(ready.commit.changed, positions, ready.commit.records)
        end = positions[-1] if positions else self._log.last_position()
        return [
            outcome.answer(positions, end) if isinstance(outcome, Decided) else outcome
            for outcome in ready.outcomes
        ]

    def _append(self, commit: Commit) -> list[int]:
        if not commit.records and not commit.answers:
            return []
        forget: list[ForgetOn] = []
        if commit.forgotten:
            written = {
                record.originator_id
                for record in commit.records
                if getattr(record.event, "customer_id", None) in commit.forgotten
            }
            also = sorted(filter(_is_subject, written)) + self.known_later(commit.forgotten)
            forget = [lambda connection: self._vault.destroy_on(connection, commit.forgotten, also=also)]
        seen = Seen(commit.looked_at - commit.changed.keys(), self._states.position)
        return self._log.append(commit.records, commit.answers, forget, seen)


def _is_subject(stream_id: str) -> bool:
    return stream_id[:3] in SUBJECTS_BESIDE_CUSTOMERS
