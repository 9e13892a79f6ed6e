"""Catching up after much was written: in bulk where no projector runs, by the services else."""

from contextlib import AbstractContextManager

import psycopg
import pytest

from infra.projection_store.catalog import GenerationStatus, generation_statuses
from infra.projection_store.heartbeats import ensure_catalog
from infra.runtime import open_runtime
from infra.settings import Settings
from projections.registry import BY_NAME
from services.recovery import catch_up as catching_up
from tests.services.cli.calling import small_shop


class Asked(Exception):
    """A service was to be run."""


def no_service(name: str) -> AbstractContextManager[object]:
    raise Asked(name)


@pytest.fixture
def far_behind(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A shop whose tables lack its whole log, which counts as much."""
    monkeypatch.setattr(catching_up, "BULK_EVENTS_MIN", 1)
    small_shop(settings)
    return settings


def catch_up(settings: Settings) -> list[tuple[int, int]]:
    said: list[tuple[int, int]] = []
    with open_runtime(settings) as runtime:
        catching_up.catch_up(runtime, no_service, lambda position, end: said.append((position, end)))
    return said


def serving(settings: Settings) -> dict[str, GenerationStatus]:
    with psycopg.connect(str(settings.database_url)) as connection:
        return {one.name: one for one in generation_statuses(connection) if one.status == "active"}


def test_tables_that_lack_most_of_the_log_are_built_in_bulk(far_behind: Settings) -> None:
    said = catch_up(far_behind)
    found = serving(far_behind)
    assert found.keys() == BY_NAME.keys()
    ((position, end),) = {(one.position, said[-1][1]) for one in found.values()}
    assert position == end > 0
    assert {one.generation for one in found.values()} == {2}
    assert said == sorted(said)


def test_tables_that_lack_little_are_left_to_the_services(
    far_behind: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    catch_up(far_behind)
    small_shop(far_behind, sales=1)
    monkeypatch.setattr(catching_up, "BULK_EVENTS_MIN", 1_000)
    with pytest.raises(Asked):
        catch_up(far_behind)
    assert {one.generation for one in serving(far_behind).values()} == {2}


def test_what_cannot_be_folded_is_left_to_the_projector_which_parks_it(far_behind: Settings) -> None:
    with psycopg.connect(str(far_behind.database_url)) as connection:
        connection.execute("UPDATE stored_events SET state = 'junk' WHERE topic = 'sale.recorded.v1'")
    with pytest.raises(Asked):
        catch_up(far_behind)
    assert {one.generation for one in serving(far_behind).values()} == {1}


def test_a_projector_that_runs_is_waited_for(far_behind: Settings) -> None:
    with open_runtime(far_behind) as runtime, runtime.connect() as connection:
        ensure_catalog(runtime.settings, runtime.servers.database_url)
        connection.execute(
            "INSERT INTO projections.heartbeats (service, instance, at, status) "
            "VALUES ('projector', 'pretended:1', now() + interval '5 minutes', '{}')"
        )
    with pytest.raises(Asked, match="relay"):
        catch_up(far_behind)
    assert serving(far_behind) == {}
