"""Rebuilding projections while the shop is open: build, try, catch up, switch; and going back."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from infra import signals
from infra.postgres import connect, hold_locks
from infra.projection_store.bulk import drop_generation, generations_of, set_status
from infra.projection_store.catalog import ensure_active, mark_if_ahead_of_log
from infra.projection_store.connection import open_for_projecting
from infra.settings import Settings
from projections.kernel import Projection
from services.rebuild.build import BuiltGeneration, build
from services.rebuild.left_out_events import in_words
from services.rebuild.switch import take_over
from services.rebuild.trial import try_generation

KEPT_RETIRED = 1


@dataclass(frozen=True)
class Rebuilt:
    """A projection that serves a new generation: which, since when, how many rows, how many were tried.

    `left_out`: the positions of the events that it leaves out.
    """

    name: str
    generation: int
    position: int
    rows: int
    tried: int
    left_out: tuple[int, ...] = ()


class NothingToGoBackTo(LookupError):
    """There is no earlier generation of a projection."""


@contextmanager
def alone(settings: Settings, database_url: str, projections: Sequence[Projection[Any]]) -> Generator[None]:
    """Only one process rebuilds, verifies or goes back with a projection.

    Raises LockHeld, which says who it is.
    """
    names = [f"rebuild of {name}" for name in sorted(projection.name for projection in projections)]
    with hold_locks(settings, database_url, names):
        yield


def rebuild(
    settings: Settings,
    database_url: str,
    projections: Sequence[Projection[Any]],
    on_progress: Callable[[int, int], None],
    say: Callable[[str], None],
) -> list[Rebuilt]:
    """Build the next generation of each projection beside the serving one, try it and let it serve.

    The generation before is kept for going back. Stopped at any moment, even killed, the serving generation
    serves on and the next run removes what was left. Raises LockHeld, PoisonEvent, GenerationWrong or
    KeysParked.
    """
    with alone(settings, database_url, projections):
        prepare(settings, database_url, projections)
        tried: dict[str, int] = {}

        def look_at(built: BuiltGeneration) -> None:
            tried[built.projection.name] = try_generation(settings, database_url, built)

        waiting = build(settings, database_url, projections, on_progress, look_at=look_at)
        rebuilt: list[Rebuilt] = []
        try:
            for built in waiting:
                say(f"{built.projection.name}: {built.rows:,} rows up to position {built.position:,}")
                if built.left_out:
                    say(f"{built.projection.name}: {in_words(built.left_out)}")
            with connect(settings, database_url, name="rebuild", limit_statements=False) as connection:
                while waiting:
                    put = _put_into_service(settings, database_url, connection, waiting[0], tried, say)
                    rebuilt.append(put)
                    waiting = waiting[1:]
                forget_older(connection, projections, keep=KEPT_RETIRED)
        finally:
            # What was built and does not serve, because something was wrong with it or with one before it.
            if waiting:
                _drop(settings, database_url, waiting)
        return rebuilt


def _drop(settings: Settings, database_url: str, generations: Sequence[BuiltGeneration]) -> None:
    with connect(settings, database_url, name="rebuild", limit_statements=False) as connection:
        for built in generations:
            drop_generation(connection, built.projection, built.generation)


def _put_into_service(
    settings: Settings,
    database_url: str,
    connection: Any,
    built: BuiltGeneration,
    tried: dict[str, int],
    say: Callable[[str], None],
) -> Rebuilt:
    projection = built.projection
    set_status(connection, projection.name, built.generation, "ready")
    position = take_over(settings, database_url, connection, projection, built.generation)
    say(f"{projection.name}: generation {built.generation} serves since position {position:,}")
    return Rebuilt(
        projection.name, built.generation, position, built.rows, tried[projection.name], built.left_out
    )


def roll_back(settings: Settings, database_url: str, projection: Projection[Any]) -> int:
    """Let the generation before the serving one serve again, after it has caught up; its number.

    Raises NothingToGoBackTo, LockHeld or KeysParked.
    """
    with alone(settings, database_url, [projection]):
        with connect(settings, database_url, name="rebuild", limit_statements=False) as connection:
            retired = [g for g, status in generations_of(connection, projection.name) if status == "retired"]
            if not retired:
                raise NothingToGoBackTo(f"{projection.name} has no earlier generation to go back to")
            take_over(settings, database_url, connection, projection, retired[-1])
        return retired[-1]


def prepare(settings: Settings, database_url: str, projections: Sequence[Projection[Any]]) -> None:
    """See that each projection has a generation that serves, and drop what stopped runs have left behind."""
    with connect(settings, database_url, name="rebuild", limit_statements=False) as connection:
        for projection in projections:
            for generation, status in generations_of(connection, projection.name):
                if status in ("building", "ready"):
                    drop_generation(connection, projection, generation)
    signals.run(lambda: _begun(settings, database_url, projections))


async def _begun(settings: Settings, database_url: str, projections: Sequence[Projection[Any]]) -> None:
    async with await open_for_projecting(settings, database_url, name="rebuild") as connection:
        for projection in projections:
            await ensure_active(connection, projection)
            await mark_if_ahead_of_log(connection, projection.name)


def forget_older(connection: Any, projections: Sequence[Projection[Any]], *, keep: int) -> None:
    """Drop retired generations but the newest `keep` of each projection, in one commit."""
    with connection.transaction():
        for projection in projections:
            retired = [g for g, status in generations_of(connection, projection.name) if status == "retired"]
            for generation in retired[: len(retired) - keep]:
                drop_generation(connection, projection, generation)
