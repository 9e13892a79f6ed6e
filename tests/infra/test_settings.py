"""Settings are read once, checked all at once, and documented from the table that declares them."""

import base64
import dataclasses
from pathlib import Path

import pytest

from infra.descriptions import field_docstrings
from infra.setting_rules import SettingsError, variable_of
from infra.settings import RULES, Settings
from infra.settings_page import settings_page

REPOSITORY = Path(__file__).parents[2]


def problems_of(environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(environ)
    return caught.value.problems


def test_an_empty_environment_gives_every_default() -> None:
    settings = Settings.from_env({"XDG_DATA_HOME": "/somewhere/data"})
    assert settings.data_dir == Path("/somewhere/data/clienteling")
    assert (settings.database_url, settings.nats_url, settings.vault_key) == (None, None, None)
    assert (settings.api_host, settings.api_port) == ("127.0.0.1", 8000)


def test_a_relative_data_home_is_ignored_as_the_xdg_specification_says() -> None:
    settings = Settings.from_env({"XDG_DATA_HOME": "data"})
    assert settings.data_dir == Path("~/.local/share/clienteling").expanduser()


def test_every_kind_of_value_is_read_from_its_text(tmp_path: Path) -> None:
    key = bytes(range(32))
    settings = Settings.from_env(
        {
            "CLIENTELING_DATABASE_URL": "postgresql://shop@db/clienteling",
            "CLIENTELING_NATS_URL": "nats://a:4222,nats://b:4222",
            "CLIENTELING_DATA_DIR": str(tmp_path),
            "CLIENTELING_VAULT_KEY": base64.urlsafe_b64encode(key).decode(),
            "CLIENTELING_API_PORT": "9000",
            "CLIENTELING_RELAY_POLL_SECONDS": "0.5",
            "CLIENTELING_LOG_LEVEL": "DEBUG",
            "CLIENTELING_STREAM_REPLICAS": "3",
            "HOME": "/ignored",
        }
    )
    assert settings.data_dir == tmp_path
    assert settings.vault_key == key
    assert (settings.api_port, settings.relay_poll_seconds, settings.log_level) == (9000, 0.5, "debug")
    assert settings.stream_replicas == 3


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.secret])
def test_no_mistake_about_a_secret_repeats_it(name: str, tmp_path: Path) -> None:
    planted, variable = "pLaNtEd-sEcReT", variable_of(name)
    file = tmp_path / "secret"
    file.write_text(planted)
    wrong = "\n" + planted
    for environ in (
        {variable: wrong},
        {variable: planted, f"{variable}_FILE": str(file)},
        {f"{variable}_FILE": f"{file}.missing"},
        {f"{variable}S": planted},
    ):
        try:
            told = repr(Settings.from_env(environ))
        except SettingsError as error:
            told = f"{error} {error!r} {error.problems}"
        assert planted not in told
    (field,) = [field for field in dataclasses.fields(Settings) if field.name == name]
    assert not field.repr


def test_an_empty_variable_counts_as_unset() -> None:
    assert Settings.from_env({"CLIENTELING_DATABASE_URL": ""}).database_url is None


@pytest.mark.parametrize(
    ("variable", "text", "allowed"),
    [
        ("API_PORT", "0", "a whole number from 1 to 65_535"),
        ("API_PORT", "http", "a whole number from 1 to 65_535"),
        ("RELAY_BATCH_EVENTS_MAX", "501", "a whole number from 1 to 500"),
        ("RELAY_POLL_SECONDS", "nan", "a number from 0.01 to 60"),
        ("STREAM_REPLICAS", "2", "1, 3 or 5"),
        ("LOG_FORMAT", "xml", "console or json"),
        ("API_HOST", "shop.example", "an address of this machine"),
    ],
)
def test_a_wrong_value_is_refused_by_name_with_what_is_allowed(
    variable: str, text: str, allowed: str
) -> None:
    assert problems_of({f"CLIENTELING_{variable}": text}) == [
        f"CLIENTELING_{variable} is set to '{text}'; allowed is {allowed}"
    ]


def test_a_number_may_be_written_as_the_sentences_write_it() -> None:
    assert Settings.from_env({"CLIENTELING_API_PORT": " 65_535 "}).api_port == 65_535


def test_all_wrong_values_are_told_at_once() -> None:
    assert (
        len(problems_of({"CLIENTELING_API_PORT": "x", "CLIENTELING_LOG_LEVEL": "loud", "CLIENTELING_X": "1"}))
        == 3
    )


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("DATABASE_URL", "mysql://root:hunter2@db/shop"),
        ("NATS_URL", "nats://a:4222,http://b:hunter2@c"),
        ("VAULT_KEY", "hunter2"),
        ("VAULT_KEY", "hunter2====="),
    ],
)
def test_a_wrong_secret_is_refused_without_being_repeated(variable: str, text: str) -> None:
    (problem,) = problems_of({f"CLIENTELING_{variable}": text})
    assert problem.startswith(f"CLIENTELING_{variable} is set to something unreadable; allowed is ")
    assert "hunter2" not in problem


def test_secrets_do_not_show_in_the_representation() -> None:
    shown = repr(Settings(database_url="postgresql://u:hunter2@h/d", vault_key=b"hunter2!" * 4))
    assert "hunter2" not in shown


def secrets() -> list[str]:
    return [variable_of(name) for name, rule in RULES.items() if rule.secret]


@pytest.mark.parametrize("variable", secrets())
def test_each_secret_may_stand_in_a_file(variable: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("\nhunter2\n")
    # Of the file's content it is said what is said of the variable's.
    assert problems_of({f"{variable}_FILE": str(file)}) == problems_of({variable: "hunter2"})
    missing = problems_of({f"{variable}_FILE": str(tmp_path / "none")})
    assert len(missing) == 1
    assert missing[0].startswith(f"{variable}_FILE: the file ")
    both = problems_of({f"{variable}_FILE": str(file), variable: "hunter2"})
    assert both == [f"{variable} and {variable}_FILE are both set; one of them is to go"]


def test_the_secret_of_a_file_is_the_setting(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("postgresql://u:hunter2@h/d\n")
    settings = Settings.from_env({"CLIENTELING_DATABASE_URL_FILE": str(file)})
    assert settings.database_url == "postgresql://u:hunter2@h/d"
    assert problems_of({"CLIENTELING_API_PORT_FILE": str(file)}) == [
        "CLIENTELING_API_PORT_FILE is not a setting; did you mean CLIENTELING_API_PORT?"
    ]


def test_a_misspelt_variable_is_refused_with_the_one_that_was_meant() -> None:
    assert problems_of({"CLIENTELING_DATABSE_URL": "postgresql://x"}) == [
        "CLIENTELING_DATABSE_URL is not a setting; did you mean CLIENTELING_DATABASE_URL?"
    ]


def test_a_data_directory_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert "CLIENTELING_DATA_DIR" in problems_of({"CLIENTELING_DATA_DIR": str(file)})[0]


def test_settings_built_by_hand_keep_to_the_same_bounds() -> None:
    with pytest.raises(SettingsError, match="CLIENTELING_API_PORT"):
        dataclasses.replace(Settings(), api_port=70_000)


def test_the_pool_cannot_be_smaller_than_its_least_size() -> None:
    with pytest.raises(SettingsError, match="CLIENTELING_DATABASE_POOL_SIZE_MIN"):
        Settings(database_pool_size_min=5, database_pool_size_max=4)


def test_every_default_is_allowed_and_every_setting_has_a_meaning() -> None:
    Settings()
    assert all(rule.allowed for rule in RULES.values())
    assert [name for name in RULES if not field_docstrings(Settings).get(name, "").endswith(".")] == []


def test_the_committed_page_of_settings_is_fresh() -> None:
    assert (REPOSITORY / "docs" / "settings.md").read_text() == settings_page()
