"""What the store has to know of a projection.

`projections.kernel.Projection` is one; infra does not import it.
"""

from typing import Protocol


class JournalShape(Protocol):
    """Rows that are only ever added: `columns` stand behind (key, position, n)."""

    @property
    def suffix(self) -> str: ...
    @property
    def columns(self) -> tuple[str, ...]: ...


class ProjectionShape(Protocol):
    """A projection's word, its tables' DDL, the names of its columns, and whether its rows are numbered."""

    @property
    def name(self) -> str: ...
    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def ddl(self) -> str: ...
    @property
    def numbered(self) -> bool: ...
    @property
    def journal(self) -> JournalShape | None: ...
