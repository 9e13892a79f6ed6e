"""From commands to what one commit will write for them: personal texts sealed, decided one on top of the other."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec

from domain.decide import check_plain_texts, decide, warnings_of
from domain.messages import Command, Refused
from domain.state_reader import StateReader
from infra.clock import Clock
from infra.event_store.answers import Answer, AnswerRow, StoredAnswer, check_key, ids_of, load_answers
from infra.event_store.codec import CODEC
from infra.event_store.commit import Commit, Decided
from infra.event_store.log import EventLog
from infra.event_store.sealing import (
    digest_of,
    holds_personal_data,
    identified,
    sealed,
    streams_named_by,
    subject_of,
    subjects_of,
    without_blank_remarks,
)
from infra.event_store.states import States
from infra.event_store.storable import refuse_unstorable
from infra.vault import KeyMissing, SubjectForgotten, SubjectKeys, Vault

_encode = msgspec.json.Encoder(order="deterministic").encode


class Ready(NamedTuple):
    """Commands that have been decided, and what is to be written for them."""

    commands: Sequence[tuple[Command, str]]
    commit: Commit
    outcomes: list[Decided | Answer | Refused]


class Deciding:
    """Decides; writes nothing but the keys that texts are sealed with. Not for use by several threads at once."""

    def __init__(self, log: EventLog, vault: Vault, clock: Clock, states: States) -> None:
        self._log = log
        self._vault = vault
        self._clock = clock
        self._states = states

    def decided(self, commands: Sequence[tuple[Command, str]]) -> Ready:
        """The commands with their keys, each decided on what those before it lead to; those answered before are answered so."""
        unfit = _unfit(commands)
        with self._log.connection() as connection:
            known = load_answers(connection, [key for _, key in _fit(commands, unfit)])
        return self._ready(commands, unfit, known, {})

    def decided_behind(self, before: Commit, commands: Sequence[tuple[Command, str]]) -> Ready:
        """Commands nobody is known to have answered, decided on what another commit is about to make true.

        Where that turns out wrong they cannot be written, or some of them are refused: decide them anew.
        """
        return self._ready(commands, _unfit(commands), {}, before.changed)

    def _ready(
        self,
        commands: Sequence[tuple[Command, str]],
        unfit: Mapping[int, Refused],
        known: dict[str, tuple[bytes, Answer]],
        about_to_be: Mapping[str, tuple[int, Any]],
    ) -> Ready:
        commands = [(without_blank_remarks(command), key) for command, key in commands]
        fit = _fit(commands, unfit)
        self._states.load({stream_id for command, _ in fit for stream_id in streams_named_by(command)})
        commit = Commit(self._states, known, about_to_be)
        self._prepare(fit, commit)
        outcomes = [
            unfit[place] if place in unfit else self._outcome(command, key, commit)
            for place, (command, key) in enumerate(commands)
        ]
        return Ready(commands, commit, outcomes)

    def _prepare(self, commands: Sequence[tuple[Command, str]], commit: Commit) -> None:
        """Gives what will come into being its identifier, and makes all the keys that will seal in one go."""
        reader, _ = commit.state_reader()
        subject_ids: set[str] = set()
        for command, key in commands:
            if key in commit.known or key in commit.ready:
                continue
            ready = commit.ready[key] = identified(command, {})
            if ready is not command and command.new_id is not None:
                # Nobody can have written under an identifier that was made this moment: no need to look.
                self._states.begin([getattr(ready, command.new_id[0])])
            if holds_personal_data(ready):
                # What cannot be answered yet is found out, or refused, when it is the command's turn.
                with suppress(Refused):
                    subject_ids.add(subject_of(ready, reader) or "")
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
        reader, _ = commit.state_reader()
        if digest not in self._digests(command, identified(command, before.ids), reader, commit):
            raise Refused(
                "idempotency_key_reused",
                "This idempotency key has answered a command with other content.",
                "Idempotency-Key",
            )
        return msgspec.structs.replace(before, replayed=True)

    def _digests(
        self, command: Command, named: Command, reader: StateReader, commit: Commit
    ) -> Iterator[bytes]:
        """What the command's digest may have been: since then her key may have taken the place of her sale's."""
        if not holds_personal_data(command):
            yield digest_of(command, None, None)
            return
        forgotten: SubjectForgotten | None = None
        for subject_id in subjects_of(named, reader):
            try:
                yield digest_of(
                    command, subject_id, commit.keys.get(subject_id) or self._vault.keys_of([subject_id])
                )
            except KeyMissing:
                pass
            except SubjectForgotten as error:
                forgotten = error
        if forgotten is not None:
            raise forgotten

    def _decided(self, command: Command, key: str, commit: Commit) -> Decided:
        reader, looked_at = commit.state_reader()
        ready = commit.ready[key]
        check_plain_texts(ready)
        subject_id, keys = self._subject(ready, reader, commit)
        digest = digest_of(command, subject_id, keys)
        if subject_id is not None and keys is not None:
            ready = sealed(ready, subject_id, keys)
        events = decide(ready, reader, self._clock.now())
        warnings = warnings_of(ready, reader, events)
        record = commit.add(events, looked_at)
        decided = Decided(
            digest=digest,
            ids=ids_of(events),
            events=tuple(CODEC.topic_of(event) for event in events),
            last=len(commit.records) - 1 if record else None,
            warnings=warnings,
        )
        commit.decided[key] = decided
        row = AnswerRow(
            ids=decided.ids,
            events=decided.events,
            last_stream=record.originator_id if record else None,
            last_version=record.originator_version if record else 0,
            position=0 if record else self._log.last_position(),
            warnings=warnings,
        )
        commit.answers.append(StoredAnswer(key, digest, _encode(row)))
        return decided

    def _subject(
        self, command: Command, reader: StateReader, commit: Commit
    ) -> tuple[str | None, SubjectKeys | None]:
        """Whose personal data the command holds, and their key; nothing when it holds none.

        Where the customer has been forgotten, the next that the command is about: a return's or an act's own key.
        Raises SubjectForgotten when there is none.
        """
        if not holds_personal_data(command):
            return None, None
        forgotten: SubjectForgotten | None = None
        for subject_id in subjects_of(command, reader):
            try:
                keys = commit.keys.get(subject_id) or self._vault.ensure_keys([subject_id])
            except SubjectForgotten as error:
                forgotten = error
                continue
            commit.keys[subject_id] = keys
            return subject_id, keys
        raise forgotten or Refused(
            "nobody_named", "Personal data needs somebody it is about.", command.subject
        )


def _unfit(commands: Sequence[tuple[Command, str]]) -> dict[int, Refused]:
    """The commands that cannot even be looked up, by their place: their key or a value of theirs cannot be stored."""
    unfit: dict[int, Refused] = {}
    for place, (command, key) in enumerate(commands):
        try:
            check_key(key)
            refuse_unstorable(command)
        except Refused as refusal:
            unfit[place] = refusal
    return unfit


def _fit(
    commands: Sequence[tuple[Command, str]], unfit: Mapping[int, Refused]
) -> Sequence[tuple[Command, str]]:
    return [each for place, each in enumerate(commands) if place not in unfit] if unfit else commands
