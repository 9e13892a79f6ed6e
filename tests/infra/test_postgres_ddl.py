"""DDL is applied once per content, by one process at a time, all or nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from infra.postgres import apply_ddl, forget_ddl_if_missing


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    for folder, content in {
        "score": "CREATE TABLE scores (id text); CREATE INDEX ON scores (id);",
        "book": "CREATE VIEW latest AS SELECT * FROM scores;",
    }.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "table.sql").write_text(content)
    return [tmp_path / "score" / "table.sql", tmp_path / "book" / "table.sql"]


def test_files_are_applied_in_their_order_and_only_once(database_url: str, files: list[Path]) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        assert apply_ddl(connection, files) == ["score/table.sql", "book/table.sql"]
        assert apply_ddl(connection, files) == []


def test_a_file_that_changed_is_applied_again(database_url: str, files: list[Path]) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        apply_ddl(connection, files)
        files[1].write_text("CREATE OR REPLACE VIEW latest AS SELECT id FROM scores WHERE id > '';")
        assert apply_ddl(connection, files) == ["book/table.sql"]


def test_when_one_file_fails_nothing_is_applied(database_url: str, files: list[Path]) -> None:
    files[1].write_text("CREATE VIEW latest AS SELECT * FROM no_such_table;")
    with psycopg.connect(database_url, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.UndefinedTable):
            apply_ddl(connection, files)
        assert connection.execute("SELECT to_regclass('scores')").fetchone() == (None,)
        assert connection.execute("SELECT to_regclass('infra.applied_ddl')").fetchone() == (None,)


def test_processes_that_start_together_apply_each_file_once(database_url: str, files: list[Path]) -> None:
    def start() -> list[str]:
        with psycopg.connect(database_url, autocommit=True) as connection:
            return apply_ddl(connection, files)

    with ThreadPoolExecutor(8) as threads:
        done = [future.result() for future in [threads.submit(start) for _ in range(8)]]
    assert sorted(done, key=len) == [[]] * 7 + [["score/table.sql", "book/table.sql"]]


def test_services_that_start_together_on_an_empty_database_do_not_trip_over_each_other(
    fresh_database: Callable[[], str], files: list[Path]
) -> None:
    def start(url: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            forget_ddl_if_missing(connection, "scores", files[0])
            apply_ddl(connection, files)

    for _ in range(5):
        url = fresh_database()
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(start, [url] * 8))


def test_a_file_whose_table_was_dropped_is_applied_again(database_url: str, files: list[Path]) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        apply_ddl(connection, files)
        forget_ddl_if_missing(connection, "scores", files[0])
        assert apply_ddl(connection, files) == []
        connection.execute("DROP TABLE scores CASCADE")
        forget_ddl_if_missing(connection, "scores", files[0])
        assert apply_ddl(connection, files) == ["score/table.sql"]


def test_two_files_of_one_name_are_refused(database_url: str, files: list[Path]) -> None:
    with psycopg.connect(database_url) as connection, pytest.raises(ValueError, match="same folder and name"):
        apply_ddl(connection, [files[0], files[0]])


def test_the_callers_transaction_decides_whether_it_stays(database_url: str, files: list[Path]) -> None:
    with psycopg.connect(database_url) as connection:
        apply_ddl(connection, files)
        connection.rollback()
        assert apply_ddl(connection, files) == ["score/table.sql", "book/table.sql"]
