"""Verifying: history folded anew beside the serving tables, and every row and field compared at one
position.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.event_store.scan import size_of_log
from infra.postgres import connect
from infra.projection_store.bulk import drop_generation, lock_active
from infra.projection_store.catalog import OtherHistory, require_history_of_log
from infra.projection_store.comparing import JOURNAL_ORDER, ROW_ORDER, begin_snapshot, paired
from infra.projection_store.differences import forget_differences, note_difference
from infra.projection_store.tables import SCHEMA, GenerationTables, require_schema, tables_of
from infra.settings import Settings
from projections.kernel import Projection
from projections.registry import COMMISSION_LEDGER
from services.projector.spot_check.difference_dating import Difference, dated
from services.projector.spot_check.key_comparison import difference, in_words
from services.rebuild.build import build
from services.rebuild.rebuild import alone, prepare
from services.rebuild.switch import follow
from services.rebuild.verify_statements import StatementsVerified, verify_statements

DIFFERENCES_SHOWN_MAX = 100
#: Following event by event is slower than building; so far behind the others a projection is built apart from
#: them.
FOLLOWED_EVENTS_MAX = 10_000
#: The projection beside whose entries the issued statements are verified.
LEDGER = COMMISSION_LEDGER.name


@dataclass
class VerificationReport:
    """A comparison: both hashes (SHA-256 over all rows in order), the rows compared, and the first
    differences found.
    """

    name: str
    generation: int
    position: int
    rows: int = 0
    live_hash: str = ""
    history_hash: str = ""
    differences: list[Difference] = field(default_factory=list[Difference])
    differences_in_all: int = 0
    #: The positions of the events that live tables and history leave out alike.
    left_out: tuple[int, ...] = ()
    #: Why the tables cannot be what history says, whatever their rows are: they stand behind the end of the
    #: log.
    trouble: str | None = None
    #: Of the ledger alone: the issued statements, which are events and not rows.
    statements: StatementsVerified | None = None

    @property
    def holds(self) -> bool:
        """Whether the live tables, and the statements that were issued, are what history says."""
        wrong_statements = self.statements.discrepancies_in_all if self.statements else 0
        same = self.live_hash == self.history_hash and not self.differences_in_all
        return same and not wrong_statements and self.trouble is None


def verify(
    settings: Settings,
    database_url: str,
    projections: Sequence[Projection[Any]],
    on_progress: Callable[[int, int], None],
    say: Callable[[str], None],
) -> list[VerificationReport]:
    """Compare the serving tables of each projection with its history, while the shop is open; with the ledger
    also every statement that has been issued by the end of the log.

    Raises LockHeld when one of them is being rebuilt, PoisonEvent when history cannot be folded,
    SchemaMismatch when there is nothing to compare with.
    """
    with alone(settings, database_url, projections):
        prepare(settings, database_url, projections)
        found: list[VerificationReport] = []
        for up_to, together in abreast(projections, _positions(settings, database_url, projections)):
            for built in build(settings, database_url, together, on_progress, up_to=up_to):
                try:
                    say(f"{built.projection.name}: comparing")
                    compared = _compare(settings, database_url, built.projection, built.generation)
                    compared.left_out = built.left_out
                    found.append(compared)
                    _write_down(settings, database_url, compared)
                finally:
                    with connect(settings, database_url, name="verify", limit_statements=False) as connection:
                        drop_generation(connection, built.projection, built.generation)
        for one in found:
            if one.name == LEDGER:
                say("issued statements: reckoning them anew")
                end = _end_of_log(settings, database_url)
                one.statements = verify_statements(settings, database_url, end, on_progress)
        return sorted(found, key=lambda one: [p.name for p in projections].index(one.name))


def _end_of_log(settings: Settings, database_url: str) -> int:
    with connect(settings, database_url, name="verify") as connection:
        return size_of_log(connection)[0]


def _positions(settings: Settings, database_url: str, projections: Sequence[Projection[Any]]) -> list[int]:
    with connect(settings, database_url, name="verify") as connection:
        return [lock_active(connection, projection.name)[1] for projection in projections]


def abreast(
    projections: Sequence[Projection[Any]], positions: Sequence[int]
) -> Iterator[tuple[int, list[Projection[Any]]]]:
    """Projections that stand near each other, and the position up to which they are built: not beyond any
    of them, because history that is not folded yet is no difference. One that is far behind (paused, or
    new) is built by itself, or all would be built to where it stands and have to follow from there.
    """
    waiting = sorted(zip(positions, projections, strict=True), key=lambda pair: pair[0])
    while waiting:
        up_to = waiting[0][0]
        near = [pair for pair in waiting if pair[0] - up_to <= FOLLOWED_EVENTS_MAX]
        yield up_to, [projection for _, projection in near]
        waiting = waiting[len(near) :]


def _compare(
    settings: Settings, database_url: str, projection: Projection[Any], fresh: int
) -> VerificationReport:
    with (
        connect(settings, database_url, name="verify", limit_statements=False) as reading,
        connect(settings, database_url, name="verify", limit_statements=False) as holding,
    ):
        with holding.transaction():
            # The serving generation stands still until the snapshot is taken: both then hold at the same
            # position.
            serving, position = lock_active(holding, projection.name)
            require_schema(holding, projection, serving)
            follow(settings, database_url, holding, projection, fresh, position)
            begin_snapshot(reading)
            trouble = _against_log(holding, projection.name)
        found = VerificationReport(projection.name, serving, position, trouble=trouble)
        live, anew = tables_of(projection, serving), tables_of(projection, fresh)
        hashes = hashlib.sha256(), hashlib.sha256()
        for table, of_live, of_fresh, columns, order in _tables(live, anew):
            for row, other in paired(reading, of_live, of_fresh, columns, order):
                found.rows += 1
                for one, digest in zip((row, other), hashes, strict=True):
                    if one is not None:
                        digest.update(repr(one).encode())
                if row != other:
                    found.differences_in_all += 1
                    if len(found.differences) < DIFFERENCES_SHOWN_MAX:
                        found.differences.append(difference(table, columns, row, other, len(order)))
        found.live_hash, found.history_hash = (digest.hexdigest() for digest in hashes)
        found.differences = [dated(reading, projection, one, live, position) for one in found.differences]
        reading.execute("ROLLBACK")
    return found


def _write_down(settings: Settings, database_url: str, found: VerificationReport) -> None:
    """Let `projections status` tell what was found, and no more what was found before."""
    by_key: dict[str, list[Difference]] = {}
    for one in found.differences:
        by_key.setdefault(one.key, []).append(one)
    with connect(settings, database_url, name="verify") as connection, connection.transaction():
        forget_differences(connection, found.name, found.generation)
        for key, differences in by_key.items():
            note_difference(
                connection, found.name, found.generation, key, found.position, in_words(differences)
            )


def _against_log(connection: Any, name: str) -> str | None:
    try:
        require_history_of_log(connection, name)
    except OtherHistory as error:
        return str(error)
    return None


def _tables(
    live: GenerationTables, fresh: GenerationTables
) -> Iterator[tuple[str, str, str, tuple[str, ...], tuple[str, ...]]]:
    yield live.view, f"{SCHEMA}.{live.table}", f"{SCHEMA}.{fresh.table}", live.columns, ROW_ORDER
    if live.journal is not None and fresh.journal is not None:
        yield (
            live.journal_view or live.journal,
            f"{SCHEMA}.{live.journal}",
            f"{SCHEMA}.{fresh.journal}",
            live.journal_columns,
            JOURNAL_ORDER,
        )
