"""The versions of the score's parameters: one row, read beside every score."""

from datetime import datetime
from typing import Any, Final

import msgspec

from domain.messages import Event
from domain.score_parameters.events import FrozenScoreParameters, ScoreParametersAdopted
from projections.kernel import Projection, table_ddl


class AdoptedVersion(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A version, the position of its event, and the instant from which it holds."""

    version: int
    position: int
    since: datetime
    reason: str | None = None
    parameters: FrozenScoreParameters


class AdoptedVersions(msgspec.Struct, omit_defaults=True):
    """All of them, in the order of the log."""

    versions: list[AdoptedVersion] = []


def empty(key: str) -> AdoptedVersions:
    """Nothing adopted: the first version holds."""
    return AdoptedVersions()


def fold(adopted: AdoptedVersions, event: Event, position: int) -> tuple[()]:
    """Folds an event into the versions. They keep no journal."""
    if not isinstance(event, ScoreParametersAdopted):
        raise KeyError(type(event))
    adopted.versions.append(
        AdoptedVersion(
            version=event.version,
            position=position,
            since=event.occurred_at,
            reason=event.reason,
            parameters=event.parameters,
        )
    )
    return ()


def query_values(adopted: AdoptedVersions) -> tuple[Any, ...]:
    """The query columns of the row, in the order of table.sql."""
    return (adopted.versions[-1].version if adopted.versions else 0,)


PROJECTION: Final = Projection(
    name="score_parameters",
    keyed_by="stream",
    consumes=(ScoreParametersAdopted,),
    state_type=AdoptedVersions,
    empty=empty,
    fold=fold,
    columns=("version",),
    values=query_values,
    ddl=table_ddl(__package__ or ""),
)
