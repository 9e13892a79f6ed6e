"""One part of a rebuild, in a process of its own: scan the facts of some keys, fold them, write their rows.

The folds are those of the live engine. All states of a part are in memory, so parts are made small enough for that.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from infra.event_store.codec import CODEC
from infra.event_store.scan import scan
from infra.postgres import connect
from infra.projection_store.bulk import copy_rows
from infra.projection_store.tables import tables_of
from infra.settings import Settings
from projections.kernel import Projection
from projections.registry import BY_NAME
from services.projector.decoding import topics_of
from services.projector.folding import reason_of

JOURNAL_ROWS_HELD = 20_000
TOLD_EVERY_EVENTS = 2_000


@dataclass(frozen=True)
class Part:
    """What one process does: these generations of projections that are keyed alike, for the keys of one part."""

    generations: dict[str, int]
    by_customer: bool
    part: int
    parts: int
    up_to: int


class Poison(Exception):
    """An event that cannot be folded; a rebuild stops instead of skipping it."""

    def __init__(self, projection: str, key: str, position: int, reason: str) -> None:
        # All arguments, so that the exception can be carried from one process to another.
        super().__init__(projection, key, position, reason)
        self.projection, self.key, self.position, self.reason = projection, key, position, reason

    def __str__(self) -> str:
        return f"{self.projection} cannot take in the event at position {self.position} (key {self.key}): {self.reason}"


@dataclass
class _Building:
    """A projection while its part is folded: states by key with the position of their last event, journal rows to write."""

    projection: Projection[Any]
    generation: int
    states: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    journal: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])


def build_part(
    settings: Settings, database_url: str, part: Part, on_progress: Callable[[int], None]
) -> dict[str, int]:
    """Fold one part and write it; the rows written by projection. `on_progress` is told the position that was reached.

    Raises Poison.
    """
    buildings = [_Building(BY_NAME[name], generation) for name, generation in part.generations.items()]
    by_topic = _by_topic(buildings)
    with (
        connect(settings, database_url, name="rebuild scan", limit_statements=False) as reading,
        connect(settings, database_url, name="rebuild write", limit_statements=False) as writing,
    ):
        facts = scan(
            reading,
            by_customer=part.by_customer,
            topics=by_topic,
            part=part.part,
            parts=part.parts,
            up_to=part.up_to,
        )
        # An open scan holds its connection, which would wait for it for ever when something goes wrong in here.
        with closing(facts):
            for told, (position, key, topic, content) in enumerate(facts, start=1):
                _fold(by_topic[topic], key, topic, content, position)
                for building in by_topic[topic]:
                    if len(building.journal) > JOURNAL_ROWS_HELD:
                        _write_journal(writing, building)
                if told % TOLD_EVERY_EVENTS == 0:
                    on_progress(position)
        for building in buildings:
            _write_journal(writing, building)
            _write_rows(writing, building)
    on_progress(part.up_to)
    return {building.projection.name: len(building.states) for building in buildings}


def _by_topic(buildings: list[_Building]) -> dict[str, list[_Building]]:
    by_topic: dict[str, list[_Building]] = {}
    for building in buildings:
        for topic in topics_of(building.projection):
            by_topic.setdefault(topic, []).append(building)
    return by_topic


def _fold(concerned: list[_Building], key: str, topic: str, content: bytes, position: int) -> None:
    try:
        event = CODEC.decode(topic, content)
    except ValueError as error:
        raise Poison(concerned[0].projection.name, key, position, reason_of(error)) from None
    if event is not None:
        for building in concerned:
            _take_in(building, key, event, position)


def _take_in(building: _Building, key: str, event: Any, position: int) -> None:
    known = building.states.get(key)
    if known is None:
        known = building.states[key] = [building.projection.empty(key), position]
    try:
        entries = building.projection.fold(known[0], event, position)
    except Exception as error:
        raise Poison(building.projection.name, key, position, reason_of(error)) from None
    known[1] = position
    if entries:
        building.journal.extend((key, position, n, *entry) for n, entry in enumerate(entries))


def _write_journal(connection: Any, building: _Building) -> None:
    names = tables_of(building.projection, building.generation)
    if building.journal and names.journal is not None:
        copy_rows(connection, names.journal, names.journal_columns, building.journal)
        building.journal.clear()


def _write_rows(connection: Any, building: _Building) -> None:
    names = tables_of(building.projection, building.generation)
    encode, values = building.projection.encode, building.projection.values
    copy_rows(
        connection,
        names.table,
        names.columns,
        (
            (key, position, encode(state), *values(state))
            for key, (state, position) in building.states.items()
        ),
    )
