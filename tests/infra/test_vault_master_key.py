"""The master key is made once, kept apart from the database, and never silently replaced."""

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from infra.embedded import make_data_dir
from infra.postgres import connect
from infra.private_files import FileOpenToOthers
from infra.settings import Settings
from infra.vault import MasterKeyWrong, prepare_vault
from infra.vault.master_key import MasterKey, key_file_of, load_master_key


@pytest.fixture
def prepared(settings: Settings) -> MasterKey:
    """The master key of a database that has been used with it."""
    with connect(settings, str(settings.database_url), name="test") as connection:
        return prepare_vault(settings, connection)


def test_the_master_key_is_made_once_for_its_owner_only(prepared: MasterKey, settings: Settings) -> None:
    file = key_file_of(settings)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [each.name for each in file.parent.iterdir()] == ["master.key"]


def test_processes_that_start_together_agree_on_one_master_key(folder: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        for round_ in range(20):
            settings = Settings(data_dir=folder / str(round_))
            together = threading.Barrier(8)

            def start(settings: Settings = settings, together: threading.Barrier = together) -> MasterKey:
                together.wait()
                return load_master_key(settings, may_make=True)

            assert len({future.result() for future in [threads.submit(start) for _ in range(8)]}) == 1


def test_a_lost_master_key_is_an_error_and_never_replaced(prepared: MasterKey, settings: Settings) -> None:
    key_file_of(settings).unlink()
    with (
        connect(settings, str(settings.database_url), name="test") as connection,
        pytest.raises(MasterKeyWrong, match="is missing"),
    ):
        prepare_vault(settings, connection)
    assert not key_file_of(settings).exists()


def test_another_master_key_is_refused_at_start(prepared: MasterKey, settings: Settings) -> None:
    for wrong in (replace(settings, vault_key=bytes(32)), settings):
        key_file_of(settings).write_bytes(b"too short")
        with (
            connect(settings, str(settings.database_url), name="test") as connection,
            pytest.raises(MasterKeyWrong),
        ):
            prepare_vault(wrong, connection)


def test_a_master_key_from_the_settings_leaves_no_file(settings: Settings, folder: Path) -> None:
    given = replace(settings, vault_key=bytes(range(32)))
    with connect(given, str(given.database_url), name="test") as connection:
        assert prepare_vault(given, connection).secret == bytes(range(32))
    assert not key_file_of(given).exists()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_key_file_that_others_may_read_is_refused_with_the_command_that_closes_it(
    mode: int, folder: Path
) -> None:
    settings = Settings(data_dir=folder)
    file = key_file_of(settings)
    load_master_key(settings, may_make=True)
    file.chmod(mode)
    with pytest.raises(FileOpenToOthers, match=f"`chmod 600 {file}`"):
        load_master_key(settings, may_make=False)
    file.chmod(0o600)
    load_master_key(settings, may_make=False)


def test_a_data_directory_that_was_open_to_others_is_closed_at_start(folder: Path) -> None:
    data = folder / "data"
    data.mkdir()
    data.chmod(0o755)
    make_data_dir(data)
    assert stat.S_IMODE(data.stat().st_mode) == 0o711
