"""Comparing what stands in the tables with what history says: two tables, or one key with what folding it
anew gives.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from infra.projection_store.comparing import JOURNAL_ORDER, ROW_ORDER, paired_of_keys
from infra.projection_store.connection import ComparingConnection
from infra.projection_store.rows import Sheet
from infra.projection_store.tables import tables_of, types_of
from projections.fold_driver import KeyFold
from projections.kernel import Projection
from services.projector.spot_check.difference_dating import JSON_COLUMNS, Difference
from services.projector.spot_check.key_history import fold_key


class KeyComparison:
    """Compares keys of one generation with their history, as often as is wished."""

    def __init__(self, connection: ComparingConnection, projection: Projection[Any], generation: int) -> None:
        names = self._names = tables_of(projection, generation)
        self._projection = projection
        self._rows = Sheet(names.columns, types_of(connection, names.table))
        self._journal = (
            None
            if names.journal is None
            else Sheet(names.journal_columns, types_of(connection, names.journal))
        )

    def differences(self, connection: ComparingConnection, key: str, *, up_to: int) -> list[Difference]:
        """Every row and journal row of a key that is not what its history up to a position says.

        In a transaction in which the tables stand at that position. Raises whatever the fold raises.
        """
        return self.of_folds(connection, {key: fold_key(connection, self._projection, key, up_to=up_to)})

    def of_folds(
        self, connection: ComparingConnection, folds: Mapping[str, KeyFold | None]
    ) -> list[Difference]:
        """The same of several keys at once, with the fold of each; None without any history."""
        names, keys = self._names, list(folds)
        folded = [fold for fold in folds.values() if fold is not None]
        found = self._of_table(
            connection, names.view, names.table, names.columns, ROW_ORDER, self._rows,
            [fold.row() for fold in folded], keys,
        )  # fmt: skip
        if names.journal is not None and self._journal is not None:
            found += self._of_table(
                connection, names.journal_view or names.journal, names.journal, names.journal_columns,
                JOURNAL_ORDER, self._journal, [entry for fold in folded for entry in fold.journal], keys,
            )  # fmt: skip
        return found

    def _of_table(
        self,
        connection: ComparingConnection,
        name: str,
        table: str,
        columns: tuple[str, ...],
        order: tuple[str, ...],
        sheet: Sheet,
        rows: Sequence[tuple[Any, ...]],
        keys: list[str],
    ) -> list[Difference]:
        fresh = f"({sheet.select.as_string(connection)})"
        pairs = paired_of_keys(
            connection, table, fresh, columns, order, keys=keys, document=sheet.document(rows)
        )
        return [difference(name, columns, row, other, len(order)) for row, other in pairs if row != other]


def difference(
    table: str,
    columns: tuple[str, ...],
    live: tuple[Any, ...] | None,
    fresh: tuple[Any, ...] | None,
    keyed: int,
) -> Difference:
    """What tells a row from what history says of it; `keyed` is how many columns make its key."""
    row = live or fresh or ()
    named = dict(zip(columns, row, strict=True))
    fields: tuple[str, ...] = ()
    if live is not None and fresh is not None:
        fields = tuple(
            name
            for column, one, other in zip(columns, live, fresh, strict=True)
            if one != other
            for name in _fields_of(column, one, other)
        )
    return Difference(
        table=table,
        key=named["key"],
        position=int(named["position"]) if keyed > 1 else None,
        n=int(named["n"]) if keyed > 1 else None,
        what="changed" if fields else "extra" if fresh is None else "missing",
        fields=fields,
        since_position=int(named["position"]) if keyed > 1 else None,
    )


def _fields_of(column: str, live: str | None, fresh: str | None) -> list[str]:
    """A JSON column is taken apart, so that the difference names the field inside it."""
    if column not in JSON_COLUMNS or live is None or fresh is None:
        return [column]
    try:
        one, other = msgspec.json.decode(live), msgspec.json.decode(fresh)
    except msgspec.DecodeError:
        return [column]
    if not isinstance(one, dict) or not isinstance(other, dict):
        return [column]
    names = [n for n in sorted({*one, *other}) if one.get(n) != other.get(n)]  # type: ignore[type-var]
    return [f"{column}.{name}" for name in names] or [column]


def in_words(differences: Sequence[Difference]) -> str:
    """The differences of one key in a line, without any value: what stands in a row may be somebody's."""
    told: Counter[tuple[str, str]] = Counter()
    fields: dict[str, set[str]] = {}
    for one in differences:
        told[one.table, one.what] += 1
        fields.setdefault(one.table, set()).update(one.fields)
    parts: list[str] = []
    for (table, what), count in told.items():
        named = f" ({', '.join(sorted(fields[table]))})" if what == "changed" else ""
        parts.append(f"{table}: {count} row{'s' if count > 1 else ''} {_WHAT[what]}{named}")
    return "; ".join(parts)


_WHAT: Final[Mapping[str, str]] = {"changed": "changed", "missing": "missing", "extra": "too many"}
