"""The write path: load, decide, append.

Many commands share a commit (group commit), each decided on what those before it lead to. What their
decisions read is the commit's read set: an append is refused when another writer has moved any of it on
(optimistic concurrency), and then the whole batch is decided anew on what is true by then.
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import msgspec
from eventsourcing.persistence import IntegrityError
from psycopg import Connection

from domain.data_subjects import erased_subject, is_subject_beside_customers
from domain.decide import check_plain_texts, decide, warnings_of
from domain.messages import Command, Refused
from infra.clock import Clock
from infra.event_store.codec import CODEC
from infra.event_store.command_context import CommandContext
from infra.event_store.command_results import (
    CommandResult,
    ResultRow,
    StoredResult,
    check_key,
    ids_of,
    load_results,
)
from infra.event_store.decided_batch import DecidedBatch, DecidedCommand, KeyedCommand, VersionedState
from infra.event_store.encryption import DataKeys, holds_personal_data, without_blank_remarks
from infra.event_store.identifiers import identified, streams_named_by
from infra.event_store.log import EventLog
from infra.event_store.recorder import InCommit
from infra.event_store.states import States
from infra.event_store.storable import refuse_unstorable
from infra.vault import SubjectForgotten, Vault

Outcome = CommandResult | Refused

_encode = msgspec.json.Encoder(order="deterministic").encode


class Conflict(Exception):
    """Other writers were faster every time; nothing was written and the command may be sent again."""


class CommandProcessor:
    """Processes batches of commands, one commit each. Not for several threads; appending may run beside
    deciding.
    """

    def __init__(self, log: EventLog, vault: Vault, clock: Clock, states: States, retries_max: int) -> None:
        self._log = log
        self._vault = vault
        self._clock = clock
        self._states = states
        self._retries_max = retries_max

    def process(self, commands: Sequence[KeyedCommand]) -> list[Outcome]:
        """Load, decide, append; again when another writer was faster. Raises Conflict when that happened too
        often.
        """
        ahead = self._decide_ahead(commands)
        if ahead is not None and (positions := self._appended(ahead)) is not None:
            return self.finish(ahead, positions)
        for _ in range(self._retries_max):
            with nullcontext() if self._states.undisturbed else self._log.turn():
                batch = self.decide(commands)
                positions = self._appended(batch)
            if positions is not None:
                return self.finish(batch, positions)
        raise Conflict(f"{len(commands)} commands met other writers {self._retries_max} times in a row")

    def _appended(self, batch: DecidedBatch) -> list[int] | None:
        """The positions of a batch's events; None when what it was decided on has moved on."""
        try:
            return self.append(batch)
        except IntegrityError:
            return None

    def decide(self, commands: Sequence[KeyedCommand]) -> DecidedBatch:
        """Decide commands on what is true now; those whose keys have results get the same result again."""
        self._states.refresh()
        with self._log.connection() as connection:
            known = load_results(connection, [key for _, key, _ in commands])
        return self._decide_all(commands, known, {})

    def _decide_ahead(self, commands: Sequence[KeyedCommand]) -> DecidedBatch | None:
        """Decide commands on what is remembered, without a question to the log: appending finds out whether
        it still holds, and whether a key has a result.

        None while others write, or where something is refused or changes nothing: that is told by what is
        true. Data keys of new subjects are not made for commands that may have come before.
        """
        if not self._states.undisturbed or any(holds_personal_data(command) for command, _, _ in commands):
            return None
        batch = self._decide_all(commands, {}, {})
        written = (isinstance(each, DecidedCommand) and each.last is not None for each in batch.outcomes)
        return batch if all(written) else None

    def decide_speculatively(self, commands: Sequence[KeyedCommand], before: DecidedBatch) -> DecidedBatch:
        """Decide commands without known results on the pending states of a batch that is being appended.

        Where that batch comes out otherwise, appending this one fails or some of it was refused: decide it
        anew.
        """
        return self._decide_all(commands, {}, before.changed)

    def append(self, batch: DecidedBatch) -> list[int]:
        """Write a batch in one commit; the positions of its events. Raises IntegrityError when its read set
        moved on.
        """
        if not batch.records and not batch.results:
            return []
        only_read = {
            stream_id: version
            for stream_id, version in batch.read_set.items()
            if stream_id not in batch.changed
        }
        known = self._states.known(only_read)
        try:
            return self._log.append(batch.records, batch.results, self._erasures(batch), known)
        except IntegrityError:
            # Whoever decides anew asks first, also behind a batch that was decided speculatively.
            self._states.undisturbed = False
            raise

    def finish(self, batch: DecidedBatch, positions: list[int]) -> list[Outcome]:
        """Remember the states that an appended batch led to; the outcomes of its commands."""
        self._states.put(batch.changed, positions, batch.records)
        end = positions[-1] if positions else self._log.last_position()
        return [
            outcome.result(positions, end) if isinstance(outcome, DecidedCommand) else outcome
            for outcome in batch.outcomes
        ]

    def _decide_all(
        self,
        commands: Sequence[KeyedCommand],
        known: Mapping[str, tuple[bytes, CommandResult]],
        pending_states: Mapping[str, VersionedState],
    ) -> DecidedBatch:
        batch = DecidedBatch(commands, self._states, DataKeys(self._vault), known, pending_states)
        refusals = [_refusal(command, key) for command, key, _ in commands]
        commands = [(without_blank_remarks(command), key, context) for command, key, context in commands]
        self._load(batch, [each for each, refused in zip(commands, refusals, strict=True) if refused is None])
        for (command, key, context), refusal in zip(commands, refusals, strict=True):
            batch.outcomes.append(refusal or self._outcome(command, key, context, batch))
        return batch

    def _load(self, batch: DecidedBatch, commands: Sequence[KeyedCommand]) -> None:
        """Load the states that commands name and the data keys they need, all in one query each."""
        self._states.load(
            {stream_id for command, _, _ in commands for stream_id in streams_named_by(command)}
        )
        for command, key, _ in commands:
            if key in batch.known or key in batch.identified:
                continue
            ready = batch.identified[key] = identified(command, {})
            if ready is not command and command.new_id is not None:
                # Nobody can have written under an identifier that was made this moment: no need to look.
                self._states.begin([getattr(ready, command.new_id[0])])
        batch.keys.load(batch.identified.values(), batch.state_reader()[0])

    def _outcome(
        self, command: Command, key: str, context: CommandContext, batch: DecidedBatch
    ) -> DecidedCommand | CommandResult | Refused:
        try:
            if (known := batch.known.get(key)) is not None:
                return self._replay(command, *known, batch)
            if (decided := batch.decided.get(key)) is not None:
                return self._replay(command, decided.digest, decided, batch)
            return self._decide_one(batch.identified[key], key, context, batch)
        except Refused as refusal:
            return refusal
        except SubjectForgotten:
            return erased_subject()

    def _replay(
        self, command: Command, digest: bytes, before: CommandResult | DecidedCommand, batch: DecidedBatch
    ) -> CommandResult | DecidedCommand:
        """The result that the idempotency key has already. Raises Refused when it has that of another
        content.
        """
        reader, _ = batch.state_reader()
        if digest not in batch.keys.digests(identified(command, before.ids), reader):
            raise Refused(
                "idempotency_key_reused",
                "This idempotency key has answered a command with other content.",
                "Idempotency-Key",
            )
        return msgspec.structs.replace(before, replayed=True)

    def _decide_one(
        self, command: Command, key: str, context: CommandContext, batch: DecidedBatch
    ) -> DecidedCommand:
        reader, read_set = batch.state_reader()
        check_plain_texts(command)
        ready, digest = batch.keys.encrypt(command, reader)
        events = decide(ready, reader, self._clock.now())
        warnings = warnings_of(ready, reader, events)
        if context.causation_id is None:
            context = msgspec.structs.replace(context, causation_id=key)
        record = batch.add(events, read_set, context)
        decided = batch.decided[key] = DecidedCommand(
            digest=digest,
            ids=ids_of(events),
            events=tuple(CODEC.topic_of(event) for event in events),
            last=len(batch.records) - 1 if record else None,
            warnings=warnings,
        )
        row = ResultRow(
            ids=decided.ids,
            events=decided.events,
            last_stream=record.originator_id if record else None,
            last_version=record.originator_version if record else 0,
            position=0 if record else self._log.last_position(),
            warnings=warnings,
        )
        batch.results.append(StoredResult(key, digest, _encode(row)))
        return decided

    def _erasures(self, batch: DecidedBatch) -> list[InCommit]:
        """The destruction of data keys (crypto-shredding) that belongs to the commit: of subjects, and of
        what is theirs.
        """
        erased = batch.erased_subjects
        if not erased:
            return []
        written = {
            record.originator_id
            for record in batch.records
            if getattr(record.event, "customer_id", None) in erased
        }
        also = sorted(filter(is_subject_beside_customers, written | self._log.streams_of(erased)))

        def destroy(connection: Connection[Any]) -> None:
            self._vault.destroy_on(connection, erased, also=also)

        return [destroy]


def _refusal(command: Command, key: str) -> Refused | None:
    """The refusal of a command that cannot even be looked up: its key or a value of it cannot be stored."""
    try:
        check_key(key)
        refuse_unstorable(command)
    except Refused as refusal:
        return refusal
    return None
