"""The only writer: load, decide, append with the expected versions. Nothing else puts facts into the log."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress

import msgspec
from eventsourcing.persistence import IntegrityError

from domain.decide import decide
from domain.ids import HEROIC_ACT, RETURN, SALE
from domain.messages import Command, Refused
from domain.world import World
from infra.clock import Clock
from infra.event_store.answers import Answer, AnswerRow, StoredAnswer, check_key, ids_of, load_answers
from infra.event_store.codec import CODEC
from infra.event_store.commit import Commit, Decided
from infra.event_store.log import EventLog
from infra.event_store.recorder import ForgetOn, Seen
from infra.event_store.sealing import (
    digest_of,
    holds_personal_data,
    identified,
    sealed,
    streams_named_by,
    subject_of,
    subjects_of,
)
from infra.event_store.states import States
from infra.vault import KeyMissing, SubjectForgotten, SubjectKeys, Vault

CONFLICT_RETRIES_MAX = 20
STATES_REMEMBERED_MAX = 100_000
#: What texts are sealed under while nobody knows the customer.
SUBJECTS_BESIDE_CUSTOMERS = (SALE, RETURN, HEROIC_ACT)

_encode = msgspec.json.Encoder(order="deterministic").encode


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
        self._clock = clock
        self._states = States(log, states_max)
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
            for _ in range(self._retries_max):
                try:
                    return self._attempt(commands)
                except IntegrityError:
                    # A stream moved on or a key was answered since we looked: decide on what is true now.
                    continue
        raise Conflict(f"{len(commands)} commands met other writers {self._retries_max} times in a row")

    def known_keys(self, keys: list[str]) -> set[str]:
        """Which of these idempotency keys have been answered; for imports that go on where they stopped."""
        with self._log.connection() as connection:
            rows = connection.execute(
                "SELECT idempotency_key FROM idempotency_keys WHERE idempotency_key = ANY(%s)", (keys,)
            ).fetchall()
        return {row["idempotency_key"] for row in rows}

    def known_later(self, customer_ids: list[str]) -> list[str]:
        """The sales, returns and acts of these customers: texts may have been sealed under them before she was known."""
        return sorted(filter(_is_subject, self._log.streams_of(customer_ids)))

    def _attempt(self, commands: Sequence[tuple[Command, str]]) -> list[Answer | Refused]:
        with self._log.connection() as connection:
            known = load_answers(connection, [key for _, key in commands])
        self._states.refresh()
        self._states.load({stream_id for command, _ in commands for stream_id in streams_named_by(command)})
        commit = Commit(self._states, known)
        self._prepare(commands, commit)
        outcomes = [self._outcome(command, key, commit) for command, key in commands]
        positions = self._append(commit)
        end = positions[-1] if positions else self._log.last_position()
        return [
            outcome.answer(positions, end) if isinstance(outcome, Decided) else outcome
            for outcome in outcomes
        ]

    def _prepare(self, commands: Sequence[tuple[Command, str]], commit: Commit) -> None:
        """Gives what will come into being its identifier, and makes all the keys that will seal in one go."""
        world, _ = commit.world()
        subject_ids: set[str] = set()
        for command, key in commands:
            if key in commit.known or key in commit.ready:
                continue
            ready = commit.ready[key] = identified(command, {})
            if ready is not command and command.new_id is not None:
                # Nobody can have written under an identifier that was made this moment: no need to look.
                self._states.begin(getattr(ready, command.new_id[0]))
            if holds_personal_data(ready):
                # What cannot be answered yet is found out, or refused, when it is the command's turn.
                with suppress(Refused):
                    subject_ids.add(subject_of(ready, world) or "")
        commit.keys = self._keys_of(subject_ids - {""})

    def _keys_of(self, subject_ids: set[str]) -> dict[str, SubjectKeys]:
        """The keys of subjects, made where missing; of those who were forgotten there are none."""
        while subject_ids:
            try:
                return dict.fromkeys(subject_ids, self._vault.ensure_keys(sorted(subject_ids)))
            except SubjectForgotten as forgotten:
                subject_ids = subject_ids - {forgotten.subject_id}
        return {}

    def _outcome(self, command: Command, key: str, commit: Commit) -> Decided | Answer | Refused:
        try:
            check_key(key)
            if (answered := commit.known.get(key)) is not None:
                digest, answer = answered
                return self._replayed(command, digest, answer, commit)
            if (decided := commit.decided.get(key)) is not None:
                return self._replayed(command, decided.digest, decided, commit)
            return self._decided(command, key, commit)
        except Refused as refusal:
            return refusal
        except SubjectForgotten:
            return Refused("customer_forgotten", "This customer has been forgotten.", "customer_id")

    def _replayed(
        self, command: Command, digest: bytes, before: Answer | Decided, commit: Commit
    ) -> Answer | Decided:
        world, _ = commit.world()
        if digest not in self._digests(command, identified(command, before.ids), world, commit):
            raise Refused(
                "idempotency_key_reused",
                "This idempotency key has answered a command with other content.",
                "Idempotency-Key",
            )
        return msgspec.structs.replace(before, replayed=True)

    def _digests(self, command: Command, named: Command, world: World, commit: Commit) -> Iterator[bytes]:
        """What the command's digest may have been: since then her key may have taken the place of her sale's."""
        if not holds_personal_data(command):
            yield digest_of(command, None, None)
            return
        for subject_id in subjects_of(named, world):
            with suppress(KeyMissing):
                yield digest_of(
                    command, subject_id, commit.keys.get(subject_id) or self._vault.keys_of([subject_id])
                )

    def _decided(self, command: Command, key: str, commit: Commit) -> Decided:
        world, looked_at = commit.world()
        ready = commit.ready[key]
        subject_id, keys = self._subject(ready, world, commit)
        digest = digest_of(command, subject_id, keys)
        if subject_id is not None and keys is not None:
            ready = sealed(ready, subject_id, keys)
        events = decide(ready, world, self._clock.now())
        record = commit.add(events, looked_at)
        decided = Decided(
            digest=digest,
            ids=ids_of(events),
            events=tuple(CODEC.topic_of(event) for event in events),
            last=len(commit.records) - 1 if record else None,
        )
        commit.decided[key] = decided
        row = AnswerRow(
            ids=decided.ids,
            events=decided.events,
            last_stream=record.originator_id if record else None,
            last_version=record.originator_version if record else 0,
            position=0 if record else self._log.last_position(),
        )
        commit.answers.append(StoredAnswer(key, digest, _encode(row)))
        return decided

    def _subject(
        self, command: Command, world: World, commit: Commit
    ) -> tuple[str | None, SubjectKeys | None]:
        """Whose personal data the command holds, and their key; nothing when it holds none."""
        if not holds_personal_data(command):
            return None, None
        subject_id = subject_of(command, world)
        if subject_id is None:
            raise Refused("nobody_named", "Personal data needs somebody it is about.", command.subject)
        keys = commit.keys.get(subject_id)
        if keys is None:
            keys = commit.keys[subject_id] = self._vault.ensure_keys([subject_id])
        return subject_id, keys

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
        positions = self._log.append(commit.records, commit.answers, forget, seen)
        self._states.put(commit.changed, positions)
        return positions


def _is_subject(stream_id: str) -> bool:
    return stream_id[:3] in SUBJECTS_BESIDE_CUSTOMERS
