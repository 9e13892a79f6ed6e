"""Fixtures of all tests: real servers, fresh databases, empty streams.

| fixture | lasts | gives |
| --- | --- | --- |
| `servers` | session | `EmbeddedServers`: one PostgreSQL and one NATS server, for all xdist workers |
| `database_url` | test | the address of a database of its own: migrated, nothing written |
| `fresh_database` | test | makes more: `fresh_database(template=None) -> url`, bare or copies of a template |
| `nats_url` | test | the address of the shared NATS server, without streams before and after the test |
| `settings` | test | `Settings` with the two addresses above and a data directory of its own |
| `own_nats` | test | a running `NatsServer`, to `kill()`, `wipe()` and `start()` again on the same port |
| `own_postgres` | test | a `PostgresServer` of its own, running, to `kill()` and `start()` again |
| `put_house` | session | `put_house(data_dir)`: a data directory whose first start needs no initdb |
| `folder` | test | a folder with a short path that the system user of PostgreSQL can enter |

Nothing here is replaced by a fake. fsync is off, which only a power failure could tell. Migrations are
applied once in each process and copied; the database of a test marked `bare_database` has none of them.
A test run that was killed leaves its servers behind; the next run stops them.
"""

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from infra.database import MIGRATIONS
from infra.embedded import EmbeddedServerError, EmbeddedServers, NatsServer, PostgresServer
from infra.nats import NatsRole
from infra.nats.accounts import MAY_PUBLISH
from infra.postgres import migrate
from infra.settings import Settings
from tests.abandoned import abandoned
from tests.nats_clients import nats_server

FOLDER_PREFIX = "clienteling-tests-"
QUICK = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "300",
    # A process that ends while it connects leaves a session that waits for it to go on, and every
    # DROP DATABASE of the server waits for that session: for a minute, unless less is said here.
    "authentication_timeout": "5s",
}

# Who acts as an operator in a test may also put anything on the stream; test_nats_permissions.py has a server
# without this.
MAY_PUBLISH[NatsRole.OPS].append(">")

# The settings of whoever runs the tests must not reach them.
for name in [name for name in os.environ if name.startswith("CLIENTELING_")]:
    del os.environ[name]

# Hundreds of processes are started, each of which would compile a thousand modules anew: that is most of what
# starting one costs. Whoever wants no bytecode beside the sources finds none there.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
    sys.dont_write_bytecode = False
    sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(
        Path(__file__).parents[1] / ".pytest_cache/bytecode"
    )


def _run_folder(config: pytest.Config) -> Path:
    # All xdist workers of a run have the same id, and so the same servers; nothing else has.
    worker_input: dict[str, str] = getattr(config, "workerinput", {})
    return Path(tempfile.gettempdir()) / f"{FOLDER_PREFIX}{worker_input.get('testrunuid', os.getpid())}"


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_addoption(parser: pytest.Parser) -> None:
    help_text = "requests that schemathesis makes up for each operation, sent in every role (default: 2)"
    parser.addoption("--requests-in-roles", type=int, default=2, metavar="N", help=help_text)
    help_text = (
        "what the kits consume in tests/e2e/test_consumers.py: part of the real file, all of it, or the demo"
    )
    parser.addoption("--history", choices=["part", "file", "demo"], default="part", help=help_text)


def pytest_configure(config: pytest.Config) -> None:
    """Lets the workers know whose they are."""
    if not _is_worker(config) and hasattr(config.option, "testrunuid"):
        config.option.testrunuid = str(os.getpid())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first: in the end nobody waits for one of them while the others are idle."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Clears up once all workers are gone."""
    if not _is_worker(config):
        shutil.rmtree(_run_folder(config), ignore_errors=True)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Stops what killed runs left behind."""
    own = _run_folder(session.config)
    if _is_worker(session.config):
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        with suppress(OSError, EmbeddedServerError):
            if folder != own and folder.stat().st_uid == os.geteuid() and abandoned(folder):
                EmbeddedServers(Settings(data_dir=folder)).kill()
                shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Iterator[EmbeddedServers]:
    """The servers of this run."""
    folder = _run_folder(request.config)
    embedded = EmbeddedServers(Settings(data_dir=folder), watch=False, postgres_config=QUICK)
    with embedded:
        # For command lines and services in processes of their own.
        os.environ["CLIENTELING_NATS_CREDENTIALS"] = str(embedded.nats.keys)
        yield embedded


_numbers = itertools.count(1)


def with_database(url: str, database: str) -> str:
    """The address of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def create_database(url: str, database: str, template: str | None = None) -> None:
    """Make a database on this server: empty, or as the one at the address `template` is."""
    source = "template0" if template is None else urlsplit(template).path[1:]
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.format(sql.Identifier(database), sql.Identifier(source)))


@pytest.fixture
def fresh_database(servers: EmbeddedServers) -> Iterator[Callable[..., str]]:
    """Makes databases that are dropped after the test."""
    url = servers.servers.database_url
    made: list[str] = []

    def make(template: str | None = None) -> str:
        database = f"test_{os.getpid()}_{next(_numbers)}"
        create_database(url, database, template)
        made.append(database)
        return with_database(url, database)

    yield make
    with psycopg.connect(url, autocommit=True) as connection:
        for database in made:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))


@pytest.fixture(scope="session")
def migrated_database(servers: EmbeddedServers) -> str:
    """A database to copy, of which services find every migration applied; the rest they do in the copy."""
    url = servers.servers.database_url
    name = f"migrated_{os.getpid()}"
    create_database(url, name)
    migrated = with_database(url, name)
    with psycopg.connect(migrated, autocommit=True) as connection:
        for migrations in MIGRATIONS:
            migrate(connection, migrations)
    return migrated


@pytest.fixture
def database_url(
    fresh_database: Callable[..., str], migrated_database: str, request: pytest.FixtureRequest
) -> str:
    """A database with every table and not a row in them."""
    bare = request.node.get_closest_marker("bare_database") is not None
    return fresh_database(None if bare else migrated_database)


@pytest.fixture(scope="session")
def nats_keys(servers: EmbeddedServers) -> Path:
    """The folder of keys that every NATS server of the tests knows."""
    return servers.nats.keys


@pytest.fixture
def nats_url(nats_keys: Path, folder: Path) -> Iterator[str]:
    """A NATS server without streams. Each test has its own: streams have fixed names, and nobody may delete
    the inbox.
    """
    server = nats_server(folder / "nats", nats_keys)
    yield server.url
    server.kill()


@pytest.fixture
def settings(database_url: str, nats_url: str, nats_keys: Path, folder: Path) -> Settings:
    """Settings of a process that works on this test's database and stream."""
    return Settings(
        database_url=database_url,
        nats_url=nats_url,
        nats_credentials=nats_keys,
        data_dir=folder / "data",
        auth="off",
    )


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for servers of a test's own."""
    path = Path(tempfile.mkdtemp(prefix="ct-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def own_nats(folder: Path, nats_keys: Path) -> Iterator[NatsServer]:
    """A NATS server to be cruel to."""
    server = nats_server(folder / "own_nats", nats_keys)
    yield server
    server.kill()


@pytest.fixture(scope="session")
def put_cluster() -> Iterator[Callable[[Path], None]]:
    """Makes the folder of a server that has been started once, and nothing done: it starts without initdb,
    which is most of what a first start costs.
    """
    parent = Path(tempfile.mkdtemp(prefix="ct-"))
    parent.chmod(0o711)
    made = PostgresServer(parent / "pg", config=QUICK)
    made.start()
    made.stop()

    def put(folder: Path) -> None:
        folder.mkdir(mode=0o700)
        subprocess.run(["cp", "-a", made.data, made.folder / "passwords", folder], check=True)

    yield put
    shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture(scope="session")
def put_house(put_cluster: Callable[[Path], None]) -> Callable[[Path], None]:
    """Makes the data directory of a house whose PostgreSQL has been started once."""

    def put(data_dir: Path) -> None:
        for folder in (data_dir, data_dir / "embedded"):
            folder.mkdir(mode=0o700)
        put_cluster(data_dir / "embedded" / "postgres")

    return put


@pytest.fixture
def own_postgres(folder: Path, put_cluster: Callable[[Path], None]) -> Iterator[PostgresServer]:
    """A PostgreSQL server to be cruel to."""
    server = PostgresServer(folder / "own_postgres", config=QUICK)
    put_cluster(server.folder)
    server.start()
    yield server
    server.kill()
