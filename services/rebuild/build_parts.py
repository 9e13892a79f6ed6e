"""One part of a rebuild, in a process of its own: read the facts of some keys, fold them, write their rows.

The folds are those of the live engine. The facts come key by key, so that one state is in memory at a time
however long the history is; whatever sorting them takes is PostgreSQL's, within the memory it is given.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
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
from projections.kernel import Projection
from projections.registry import BY_NAME
from services.projector.decoding import topics_of
from services.projector.folding import reason_of
from services.projector.poison_event import Poison

ROWS_HELD = 2_000
JOURNAL_ROWS_HELD = 4_000
TOLD_EVERY_FACTS = 2_000


@dataclass(frozen=True)
class Part:
    """What one process does: these generations of projections that are keyed alike, for the keys of one part.

    `sort_mb` is the memory in which PostgreSQL may sort the part's facts. `left_out`: the positions that each
    projection leaves out.
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


class _Building:
    """A projection while its part is folded: the state of the key that is being read, and rows that wait
    to be written.
    """

    def __init__(self, projection: Projection[Any], generation: int, connection: Any) -> None:
        names = tables_of(projection, generation)
        self.name = projection.name
        self.rows_in_all = 0
        self.fold = projection.fold
        self.state: Any = None
        self.position = 0
        self._projection = projection
        self._key = ""
        self._rows_to = CopyTarget(connection, names.table, names.columns, long=True)
        self._journal_to = (
            None
            if names.journal is None
            else CopyTarget(connection, names.journal, names.journal_columns, long=False)
        )
        self._rows: list[tuple[Any, ...]] = []
        self._journal: list[tuple[Any, ...]] = []

    def begin(self, key: str) -> Any:
        """The empty state of a key whose first fact is here."""
        self._key, self.state = key, self._projection.empty(key)
        return self.state

    def enter(self, entries: Sequence[tuple[Any, ...]]) -> None:
        """Keep the journal rows that the fact at `position` led to."""
        key, position, journal = self._key, self.position, self._journal
        # Adding tuples is faster than unpacking one into another, and most facts lead to one row.
        journal.append((key, position, 0) + entries[0])
        for n in range(1, len(entries)):
            journal.append((key, position, n) + entries[n])
        if len(journal) >= JOURNAL_ROWS_HELD:
            self._write_journal()

    def end_key(self) -> None:
        """The key that was being read has no further facts: its row is made."""
        if self.state is not None:
            state, of = self.state, self._projection
            self._rows.append((self._key, self.position, of.encode(state), *of.values(state)))
            self.state = None
            if len(self._rows) >= ROWS_HELD:
                self._write_rows()

    def end(self) -> None:
        """Write what has not been written yet."""
        self.end_key()
        self._write_rows()
        self._write_journal()

    def _write_rows(self) -> None:
        if self._rows:
            self._rows_to.write(self._rows)
            self.rows_in_all += len(self._rows)
            self._rows.clear()

    def _write_journal(self) -> None:
        if self._journal and self._journal_to is not None:
            self._journal_to.write(self._journal)
            self._journal.clear()


def build_part(
    settings: Settings, database_url: str, part: Part, on_progress: Callable[[int], None]
) -> dict[str, int]:
    """Fold one part and write it; the rows written by projection. `on_progress` is told how many facts are
    folded.

    Raises Poison.
    """
    with (
        connect(settings, database_url, name="rebuild scan", limit_statements=False) as reading,
        connect(settings, database_url, name="rebuild write", limit_statements=False) as writing,
    ):
        # Nobody reads these rows before the commit that makes their keys, which waits for the disk.
        writing.execute("SET synchronous_commit = off")
        buildings = [
            _Building(BY_NAME[name], generation, writing) for name, generation in part.generations.items()
        ]
        by_topic = _by_topic(buildings)
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
            folded = _fold(facts, buildings, by_topic, on_progress, part.left_out)
        for building in buildings:
            building.end()
    on_progress(folded)
    return {building.name: building.rows_in_all for building in buildings}


def _by_topic(buildings: list[_Building]) -> dict[str, list[_Building]]:
    by_topic: dict[str, list[_Building]] = {}
    for building in buildings:
        for topic in topics_of(BY_NAME[building.name]):
            by_topic.setdefault(topic, []).append(building)
    return by_topic


def _fold(
    facts: Iterable[tuple[int, str, str, bytes]],
    buildings: list[_Building],
    by_topic: dict[str, list[_Building]],
    on_progress: Callable[[int], None],
    left_out: Mapping[str, frozenset[int]],
) -> int:
    # Every fact of a history comes through here: a call less is noticed.
    decoders = {topic: (CODEC.decoder_of(topic), concerned) for topic, concerned in by_topic.items()}
    quarantined = frozenset[int]().union(*left_out.values())
    read, key_before, key, position, topic, building = 0, None, "", 0, "", buildings[0]
    try:
        for read, (position, key, topic, content) in enumerate(facts, start=1):
            if key != key_before:
                for building in buildings:
                    building.end_key()
                key_before = key
            decode, concerned = decoders[topic]
            if quarantined and position in quarantined:
                concerned = [one for one in concerned if position not in left_out.get(one.name, ())]
                if not concerned:
                    continue
            building = concerned[0]
            event = decode(content)
            if event is not None:
                for building in concerned:
                    state = building.state
                    if state is None:
                        state = building.begin(key)
                    entries = building.fold(state, event, position)
                    building.position = position
                    if entries:
                        building.enter(entries)
            if not read % TOLD_EVERY_FACTS:
                on_progress(read)
    except (DatabaseError, GivenUp):
        raise
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        undecodable = UndecodableEvent(topic, str(error))
        raise Poison(building.name, key, position, reason_of(undecodable)) from None
    except Exception as error:
        raise Poison(building.name, key, position, reason_of(error)) from None
    return read
