"""`clienteling servers`: programs find the servers; and what the command says of itself."""

import dataclasses
import re
import tomllib
from pathlib import Path

import pytest

from infra.postgres import program_environment
from infra.settings import Settings
from tests.services.cli.calling import Call

#: Of an address, with the signs around it.
PASSWORD = re.compile(r"(?<=clienteling):[0-9a-f]{64}@")
PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"


def test_a_program_finds_the_database_and_gives_its_exit_code(settings: Settings, call: Call, tmp_path: Path):
    answer = tmp_path / "answer"
    ask = ("--tuples-only", "--no-align", "--command=SELECT 6 * 7, current_database()")
    assert call("servers", "run", "psql", f"--output={answer}", *ask).code == 0
    database = str(settings.database_url).partition("?")[0].rpartition("/")[2]
    assert answer.read_text().strip() == f"42|{database}"
    assert call("servers", "run", "psql", "--command=SELECT nothing").code == 1
    assert call("servers", "run", "sh", "-c", 'test -n "$NATS_URL" && exit 7').code == 7


def test_a_program_that_is_none_is_named(call: Call):
    missing = call("servers", "run", "pg_dumb")
    assert (missing.code, missing.said) == (127, "clienteling: there is no program pg_dumb")
    nothing = call("servers", "run")
    assert (nothing.code, "which program" in nothing.said) == (2, True)


def test_the_addresses_are_shown_and_whether_the_servers_are_embedded(settings: Settings, call: Call):
    shown = call("servers", "show", "--json")
    assert shown.code == 0
    assert shown.document["database_url"] == PASSWORD.sub("@", settings.database_url or "")
    assert shown.document["nats_url"] == settings.nats_url
    assert shown.document["embedded"] == []
    assert (Path(shown.document["programs"]) / "pg_dump").is_file()


def test_no_password_of_an_address_is_shown(settings: Settings, call: Call, monkeypatch: pytest.MonkeyPatch):
    url, nats_url = str(settings.database_url), str(settings.nats_url)
    # libpq lets what stands behind the question mark count.
    given = PASSWORD.sub(":hunter2@", url) + f"&password={PASSWORD.findall(url)[0][1:-1]}"
    monkeypatch.setenv("CLIENTELING_DATABASE_URL", given)
    hidden = nats_url.replace("://", "://anna:hunter2@")
    monkeypatch.setenv("CLIENTELING_NATS_URL", f"{hidden},{nats_url.replace('://', '://hunter2@')}")
    for line in (["servers", "show"], ["servers", "show", "--json"]):
        called = call(*line)
        assert called.code == 0
        assert "hunter2" not in called.out + called.said
        assert PASSWORD.findall(url)[0] not in called.out + called.said
    assert called.document["database_url"] == PASSWORD.sub("@", url)
    assert called.document["nats_url"] == f"{nats_url.replace('://', '://anna@')},{nats_url}"


def test_every_part_of_an_address_reaches_the_program():
    url = dataclasses.replace(
        Settings(), database_url="postgresql://anna:secret@db:6432/shop?sslmode=require"
    ).database_url
    assert program_environment(str(url)) == {
        "PGHOST": "db",
        "PGPORT": "6432",
        "PGUSER": "anna",
        "PGPASSWORD": "secret",
        "PGDATABASE": "shop",
        "PGSSLMODE": "require",
    }


def test_the_version_is_that_of_the_project(call: Call):
    with PYPROJECT.open("rb") as file:
        version = tomllib.load(file)["project"]["version"]
    assert call("--version").out.strip() == version
