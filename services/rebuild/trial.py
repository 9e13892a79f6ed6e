"""Try a generation before it serves: fold a sample of its keys again, one by one, and compare."""

from infra.postgres import connect
from infra.projection_store.comparing import sample_rows
from infra.projection_store.tables import tables_of
from infra.settings import Settings
from services.projector.spot_check.key_history import fold_key
from services.rebuild.build import BuiltGeneration

SAMPLE_KEYS = 50


class GenerationWrong(RuntimeError):
    """A generation does not say what history says; it is not switched to."""


def try_generation(settings: Settings, database_url: str, built: BuiltGeneration) -> int:
    """Compare a sample of rows with their history, folded key by key; how many. Raises GenerationWrong."""
    projection = built.projection
    with connect(settings, database_url, name="rebuild", limit_statements=False) as connection:
        rows = sample_rows(connection, tables_of(projection, built.generation).table, SAMPLE_KEYS)
        for key, position, state in rows:
            folded = fold_key(connection, projection, key, up_to=built.position)
            if folded is None or folded.row()[:3] != (key, position, state.encode()):
                raise GenerationWrong(
                    f"generation {built.generation} of {projection.name} differs from its history at key "
                    f"{key}"
                )
    return len(rows)
