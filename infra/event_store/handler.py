"""The only writer: load, decide, append with the expected versions. Nothing else puts facts into the log."""

import threading
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
from eventsourcing.persistence import IntegrityError

from domain.customer.events import CustomerForgotten
from domain.decide import decide
from domain.evolve import evolve
from domain.messages import Command, Event, NotFound, Refused
from domain.world import World
from infra.clock import Clock
from infra.event_store.answers import Answer, AnswerRow, StoredAnswer, check_key, ids_of, load_answers
from infra.event_store.codec import CODEC
from infra.event_store.log import EventLog
from infra.event_store.mapper import Record
from infra.event_store.sealing import Sealer, digest_of, personal_fields, sealed
from infra.event_store.states import States
from infra.ids import new_id

CONFLICT_RETRIES_MAX = 20
STATES_REMEMBERED_MAX = 100_000

_encode = msgspec.json.Encoder(order="deterministic").encode


class Conflict(Exception):
    """Other writers were faster every time; nothing was written and the command may be sent again."""


class Vault(Sealer, Protocol):
    """The key store as the handler uses it."""

    def destroy_on(self, connection: Any, subject_id: str) -> None: ...


class _Decided(msgspec.Struct, frozen=True):
    """A command that has been decided in this commit; `last` is the place of its last fact among the commit's records."""

    digest: bytes
    ids: dict[str, str | int]
    events: tuple[str, ...]
    last: int | None
    replayed: bool = False

    def answer(self, positions: list[int], end: int) -> Answer:
        """The answer, now that the positions are known."""
        position = end if self.last is None else positions[self.last]
        return Answer(ids=self.ids, events=self.events, position=position, replayed=self.replayed)


class _Commit:
    """What one transaction is going to write: facts, answers, erasures, and the states they lead to."""

    def __init__(self, states: States, known: dict[str, tuple[bytes, Answer]]) -> None:
        self.states = states
        self.known = known
        self.decided: dict[str, _Decided] = {}
        self.changed: dict[str, tuple[int, Any]] = {}
        self.records: list[Record] = []
        self.answers: list[StoredAnswer] = []
        self.forgotten: list[str] = []

    def get(self, stream_id: str) -> tuple[int, Any]:
        return self.changed.get(stream_id) or self.states.get(stream_id)

    def world(self) -> tuple[World, set[str]]:
        """A view on the states as this commit would leave them, and the streams that were looked at through it."""
        looked_at: set[str] = set()

        def load(stream_id: str) -> Any:
            looked_at.add(stream_id)
            return self.get(stream_id)[1]

        return World(load), looked_at

    def add(self, events: Sequence[Event], looked_at: set[str]) -> Record | None:
        record: Record | None = None
        for event in events:
            stream_id = event.stream_id
            if stream_id not in looked_at:
                raise RuntimeError(
                    f"{type(event).__name__} writes to {stream_id}, which the decision never read"
                )
            version, state = self.get(stream_id)
            self.changed[stream_id] = (version + 1, evolve(state, event))
            record = Record(stream_id, version + 1, event)
            self.records.append(record)
            if isinstance(event, CustomerForgotten):
                self.forgotten.append(event.customer_id)
        return record


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

    def _attempt(self, commands: Sequence[tuple[Command, str]]) -> list[Answer | Refused]:
        with self._log.connection() as connection:
            known = load_answers(connection, [key for _, key in commands])
        self._states.refresh()
        commit = _Commit(self._states, known)
        outcomes = [self._outcome(command, key, commit) for command, key in commands]
        positions = self._append(commit)
        end = positions[-1] if positions else self._log.last_position()
        return [
            outcome if isinstance(outcome, Answer | Refused) else outcome.answer(positions, end)
            for outcome in outcomes
        ]

    def _outcome(self, command: Command, key: str, commit: _Commit) -> "_Decided | Answer | Refused":
        try:
            check_key(key)
            if (answered := commit.known.get(key)) is not None:
                return self._replayed(command, *answered, commit)
            if (decided := commit.decided.get(key)) is not None:
                return self._replayed(command, decided.digest, decided, commit)
            return self._decided(command, key, commit)
        except Refused as refusal:
            return refusal

    def _replayed(
        self, command: Command, digest: bytes, before: "Answer | _Decided", commit: _Commit
    ) -> "Answer | _Decided":
        world, _ = commit.world()
        identified = _identified(command, before.ids)
        if digest_of(command, lambda: _subject_of(identified, world), self._vault) != digest:
            raise Refused(
                "idempotency_key_reused",
                "this idempotency key has answered a command with other content",
                "Idempotency-Key",
            )
        return msgspec.structs.replace(before, replayed=True)

    def _decided(self, command: Command, key: str, commit: _Commit) -> "_Decided":
        world, looked_at = commit.world()
        identified = _identified(command, {})
        digest = digest_of(command, lambda: _subject_of(identified, world), self._vault)
        ready = identified
        if personal_fields(type(command)) and (subject_id := _subject_of(identified, world)):
            ready = sealed(identified, subject_id, self._vault)
        events = decide(ready, world, self._clock())
        record = commit.add(events, looked_at)
        decided = _Decided(
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

    def _append(self, commit: _Commit) -> list[int]:
        if not commit.records and not commit.answers:
            return []
        forget = [
            lambda connection, subject=subject: self._vault.destroy_on(connection, subject)
            for subject in commit.forgotten
        ]
        positions = self._log.append(commit.records, commit.answers, forget)
        self._states.put(commit.changed, positions)
        return positions


def _identified(command: Command, ids: dict[str, str | int]) -> Command:
    """The command with an identifier for what it brings into being: the caller's, the one given before, or a new one."""
    if command.new_id is None:
        return command
    field, prefix = command.new_id
    if getattr(command, field) is not None:
        return command
    return msgspec.structs.replace(command, **{field: ids.get(field) or new_id(prefix)})


def _subject_of(command: Command, world: World) -> str | None:
    """Whose key seals the personal data of a command: the customer it concerns, else what it is about."""
    customer_id = getattr(command, "customer_id", None)
    if customer_id is None and (sale_id := getattr(command, "sale_id", None)) is not None:
        sale = world.sale(sale_id)
        customer_id = sale.customer_id if sale else None
    if customer_id is None and (act_id := getattr(command, "act_id", None)) is not None:
        act = world.heroic_act(act_id)
        customer_id = act.customer_id if act else None
    if customer_id is not None:
        brings_her_in = command.new_id is not None and command.new_id[0] == "customer_id"
        if not brings_her_in and world.customer(customer_id) is None:
            raise NotFound("customer_not_found", f"there is no customer {customer_id}", "customer_id")
        return customer_id
    if command.subject == "customer_id" and command.new_id is not None:
        return getattr(command, command.new_id[0])
    return getattr(command, command.subject, None)
