"""Spot checks: some keys of the serving tables at a time, folded anew from the log and compared, all the
time.

First come keys that are known to differ, then those whose rows changed lately (the newest first), then a
random sample of the others. Whatever differs is compared once more under the checkpoint's lock before it is
written down.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog

from infra.postgres.failures import is_lost_connection
from infra.projection_store.bulk import lock_active
from infra.projection_store.catalog import GenerationPosition, generation_position
from infra.projection_store.comparing import SNAPSHOT
from infra.projection_store.connection import ComparingConnection
from infra.projection_store.differences import (
    claim_verification,
    differing_keys,
    forget_differences,
    note_difference,
    postpone_verification,
)
from infra.projection_store.parked import keys_of_parked
from infra.projection_store.tables import SchemaMismatch, require_schema
from infra.settings import Settings
from projections.kernel import Projection
from services.projector.spot_check.difference_dating import Difference
from services.projector.spot_check.key_choice import (
    UNCHANGED_CHECKS,
    MissingRows,
    TableActivity,
    activity_now,
    choose_keys,
)
from services.projector.spot_check.key_comparison import KeyComparison, in_words
from services.projector.spot_check.key_history import fold_keys, lengths_of_histories

#: For so long one process checks alone, also after it was killed; a check that takes longer does no harm.
CLAIM_SECONDS: Final = 20.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class SpotCheckResult:
    """The result of a spot check: the keys that were compared, and those of them that differ, each with
    how.
    """

    compared: tuple[str, ...] = ()
    differing: tuple[tuple[str, str], ...] = ()


class SpotCheck:
    """Checks one projection again and again. Not for several threads at once."""

    def __init__(self, settings: Settings, projection: Projection[Any]) -> None:
        self._settings = settings
        self._projection = projection
        self._activity: TableActivity | None = None
        self._missing_rows = MissingRows()

    def is_still(self, written: tuple[int, int, int] | None) -> bool:
        """Whether nothing has been written for some spot checks, nor since the last one (`written`: see
        `written_to_all`).
        """
        last = self._activity
        return (
            last is not None
            and last.unchanged >= UNCHANGED_CHECKS
            and (last.generation, last.position, last.written) == written
        )

    def check(self, connection: ComparingConnection) -> SpotCheckResult | None:
        """Compare some keys and write down what differs.

        None when it is not due, or there is nothing to compare with.
        """
        name, every = self._projection.name, self._settings.projector_verify_seconds
        if not claim_verification(connection, name, max(every * 0.9, CLAIM_SECONDS)):
            return None
        try:
            return self._check(connection)
        finally:
            if not connection.broken:
                postpone_verification(connection, name, every * 0.9)

    def _check(self, connection: ComparingConnection) -> SpotCheckResult | None:
        with connection.transaction():
            connection.execute(f"SET TRANSACTION {SNAPSHOT}".encode())
            serving = generation_position(connection, self._projection.name)
            if serving is None or serving.other_history:
                return None
            try:
                require_schema(connection, self._projection, serving.generation)
            except SchemaMismatch:
                return None
            before = self._activity
            self._activity = activity_now(connection, self._projection, serving, before)
            known = differing_keys(
                connection,
                self._projection.name,
                serving.generation,
                self._settings.projector_verify_keys_max,
            )
            chosen = choose_keys(
                connection, self._projection, serving, before, self._activity, self._missing_rows,
                known=known, keys_max=self._settings.projector_verify_keys_max,
            )  # fmt: skip
            checked = self._compare(connection, serving, chosen)
        equal = set(checked.compared) - {key for key, _ in checked.differing}
        forget_differences(connection, self._projection.name, serving.generation, equal & set(known))
        for key, _ in checked.differing:
            self._confirm(connection, key)
        return checked

    def _compare(
        self, connection: ComparingConnection, serving: GenerationPosition, keys: Sequence[str]
    ) -> SpotCheckResult:
        """Compare keys as they are in this snapshot, as far as the events of one check go."""
        of, position = self._projection, serving.position
        comparison = KeyComparison(connection, of, serving.generation)
        parked = keys_of_parked(connection, of.name, serving.generation, keys)
        left = self._settings.projector_verify_events_max
        lengths = lengths_of_histories(connection, of, keys, up_to=position, count_max=left + 1)
        short: list[str] = []
        for key in keys:
            if key not in parked and lengths[key] <= left:
                left -= lengths[key]
                short.append(key)
        found = _what_differs(connection, comparison, of, short, position)
        return SpotCheckResult(
            tuple(key for key in short if key in found),
            tuple((key, what) for key, what in found.items() if what),
        )

    def _confirm(self, connection: ComparingConnection, key: str) -> None:
        """Compare a key once more while nobody can write its rows, and write down what differs."""
        of = self._projection
        with connection.transaction():
            generation, position = lock_active(connection, of.name)
            if not generation or keys_of_parked(connection, of.name, generation, [key]):
                return
            comparison = KeyComparison(connection, of, generation)
            what = _what_differs(connection, comparison, of, [key], position).get(key)
            if not what:
                forget_differences(connection, of.name, generation, [key])
                return
            news = note_difference(connection, of.name, generation, key, position, what)
        if news:
            log.error(
                "A row is not what the log says; rebuild its key",
                projection=of.name,
                generation=generation,
                key=key,
                position=position,
                what=what,
            )


def _what_differs(
    connection: ComparingConnection,
    comparison: KeyComparison,
    of: Projection[Any],
    keys: Sequence[str],
    position: int,
) -> dict[str, str]:
    """By key what differs in words, empty when nothing does; without those that cannot be folded: they are
    parked, or will be.
    """
    try:
        with connection.transaction():
            folds = fold_keys(connection, of, keys, up_to=position)
            differences = comparison.of_folds(connection, folds)
    except Exception as error:
        if is_lost_connection(error):
            raise
        if len(keys) == 1:
            log.info("A key cannot be verified", key=keys[0], error=repr(error))
            return {}
        # Of one of them, a row cannot be made: the others are compared without it.
        one_by_one = [_what_differs(connection, comparison, of, [key], position) for key in keys]
        return {key: what for found in one_by_one for key, what in found.items()}
    by_key: dict[str, list[Difference]] = {key: [] for key in folds}
    for one in differences:
        by_key[one.key].append(one)
    return {key: in_words(of_key) for key, of_key in by_key.items()}
