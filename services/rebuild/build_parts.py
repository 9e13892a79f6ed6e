"""One part of a rebuild, in a process of its own: read the events of some keys, fold them, write their rows.

The folds are those of the live engine. The events come key by key, so that one state is in memory at a time
however long the history is; whatever sorting them takes is PostgreSQL's, within the memory it is given.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import msgspec

from infra.event_store.codec import CODEC, UndecodableEvent
from infra.event_store.scan import scan, sort_in
from infra.postgres import connect
from infra.postgres.failures import DatabaseError
from infra.projection_store.copying import CopyTarget
from infra.projection_store.tables import tables_of
from infra.settings import Settings
from projections.fold_driver import KeyFold
from projections.kernel import Projection
from projections.registry import BY_NAME
from services.projector.decoding import topics_of
from services.projector.folding import reason_of
from services.projector.poison_event import PoisonEvent

ROWS_HELD = 2_000
JOURNAL_ROWS_HELD = 2_000
PROGRESS_EVERY_EVENTS = 2_000


@dataclass(frozen=True)
class Part:
    """What one process does: these generations of projections that are keyed alike, for the keys of one part.

    `sort_mb` is the memory in which PostgreSQL may sort the part's events. `left_out`: the positions that
    each projection leaves out.
    """

    generations: dict[str, int]
    by_customer: bool
    part: int
    parts: int
    up_to: int
    sort_mb: int
    left_out: Mapping[str, frozenset[int]] = field(default_factory=dict[str, frozenset[int]])


class GivenUp(Exception):
    """Another part failed, or somebody pressed Ctrl-C."""


class _Target:
    """A projection's next generation while a part is folded: the fold of the key at hand, and rows in
    memory.
    """

    def __init__(self, projection: Projection[Any], generation: int, connection: Any) -> None:
        names = tables_of(projection, generation)
        self.name = projection.name
        self.rows_in_all = 0
        self.fold: KeyFold | None = None
        self._projection = projection
        self._rows_to = CopyTarget(connection, names.table, names.columns, long=True)
        self._journal_to = (
            None
            if names.journal is None
            else CopyTarget(connection, names.journal, names.journal_columns, long=False)
        )
        self._rows: list[tuple[Any, ...]] = []
        self._journal: list[tuple[Any, ...]] = []

    def begin_key(self, key: str) -> KeyFold:
        """The fold of a key whose first event is here."""
        fold = self.fold = KeyFold(self._projection, key, journal=self._journal)
        return fold

    def end_key(self) -> None:
        """The key at hand has no further events: its row is made."""
        if self.fold is not None:
            self._rows.append(self.fold.row())
            self.fold = None
            if len(self._rows) >= ROWS_HELD:
                self._write_rows()

    def end(self) -> None:
        """Write what has not been written yet."""
        self.end_key()
        self._write_rows()
        self.write_journal()

    def write_journal(self, held: int = 0) -> None:
        """Write the journal rows when there are more than `held`."""
        if len(self._journal) > held and self._journal_to is not None:
            self._journal_to.write(self._journal)
            self._journal.clear()

    def _write_rows(self) -> None:
        if self._rows:
            self._rows_to.write(self._rows)
            self.rows_in_all += len(self._rows)
            self._rows.clear()


def build_part(
    settings: Settings, database_url: str, part: Part, on_progress: Callable[[int], None]
) -> dict[str, int]:
    """Fold one part and write it; the rows written by projection. `on_progress` is told how many events are
    folded.

    Raises PoisonEvent.
    """
    with (
        connect(settings, database_url, name="rebuild scan", limit_statements=False) as reading,
        connect(settings, database_url, name="rebuild write", limit_statements=False) as writing,
    ):
        # Nobody reads these rows before the commit that makes their keys, which waits for the disk.
        writing.execute("SET synchronous_commit = off")
        targets = [_Target(BY_NAME[name], number, writing) for name, number in part.generations.items()]
        by_topic = _by_topic(targets)
        sort_in(reading, part.sort_mb)
        facts = scan(
            reading,
            by_customer=part.by_customer,
            topics=by_topic,
            part=part.part,
            parts=part.parts,
            up_to=part.up_to,
            order="key",
        )
        on_progress(0)
        # An open scan holds its connection, which would wait for it for ever when something goes wrong in
        # here.
        with closing(facts):
            folded = _fold(facts, targets, by_topic, on_progress, part.left_out)
        for target in targets:
            target.end()
    on_progress(folded)
    return {target.name: target.rows_in_all for target in targets}


def _by_topic(targets: list[_Target]) -> dict[str, list[_Target]]:
    by_topic: dict[str, list[_Target]] = {}
    for target in targets:
        for topic in topics_of(BY_NAME[target.name]):
            by_topic.setdefault(topic, []).append(target)
    return by_topic


def _fold(
    events: Iterable[tuple[int, str, str, bytes]],
    targets: list[_Target],
    by_topic: dict[str, list[_Target]],
    on_progress: Callable[[int], None],
    left_out: Mapping[str, frozenset[int]],
) -> int:
    # Every event of a history comes through here: a call less is noticed (benchmarks/rebuild.py).
    decoders = {topic: (CODEC.decoder_of(topic), concerned) for topic, concerned in by_topic.items()}
    quarantined = frozenset[int]().union(*left_out.values())
    read, key_before, key, position, topic, target = 0, None, "", 0, "", targets[0]
    try:
        for read, (position, key, topic, content) in enumerate(events, start=1):
            if key != key_before:
                for target in targets:
                    target.end_key()
                key_before = key
            decode, concerned = decoders[topic]
            if quarantined and position in quarantined:
                concerned = [one for one in concerned if position not in left_out.get(one.name, ())]
                if not concerned:
                    continue
            target = concerned[0]
            event = decode(content)
            if event is not None:
                for target in concerned:
                    (target.fold or target.begin_key(key)).apply(event, position)
            if not read % PROGRESS_EVERY_EVENTS:
                on_progress(read)
                for target in targets:
                    target.write_journal(JOURNAL_ROWS_HELD)
    except (DatabaseError, GivenUp):
        raise
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        undecodable = UndecodableEvent(topic, str(error))
        raise PoisonEvent(target.name, key, position, reason_of(undecodable)) from None
    except Exception as error:
        raise PoisonEvent(target.name, key, position, reason_of(error)) from None
    return read
