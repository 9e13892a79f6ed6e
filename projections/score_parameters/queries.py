"""What readers of scores ask: the versions of the parameters, as they were known at a place of the log."""

from collections.abc import Iterable
from typing import Final

from projections.score_parameters.fold import AdoptedVersion, AdoptedVersions

#: The one row, or none before anything was adopted.
VERSIONS: Final = "SELECT key, position, state::text AS state FROM projections.score_parameters"


def versions_of(rows: Iterable[AdoptedVersions], up_to: int | None = None) -> list[AdoptedVersion]:
    """Every version adopted by a position of the log (by now when None), in the order of the log."""
    return [version for row in rows for version in row.versions if up_to is None or version.position <= up_to]
