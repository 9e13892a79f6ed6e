"""What docs/consumers.md says, done as another team would: the programs as they stand there, on a house that
serves, whose log begins with an import. `--history file` imports the real file whole, `--history demo` plays
the demo; both take minutes.
"""

import ast
import asyncio
import gzip
import itertools
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from clienteling_events import Consumer, EventMessage, HttpHistory, SqliteStore
from tests.e2e.house import House
from tests.infra.messaging.builders import until
from tests.kits.conftest import packages
from tests.kits.recipes import programs
from tests.node import NODE
from tests.services.importing.builders import REAL_FILE, retail_file, row

__all__ = ["packages"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_800)]

BEGIN = "Begin: a consumer in ten minutes"
ROWS = 400
#: A demo or a whole file, and consumers that read it all.
LONG_SECONDS = 1_200
STAND_INS = Path(__file__).parents[1] / "kits/stand_ins"


@pytest.fixture(scope="module")
def shop(pytestconfig: pytest.Config) -> Iterator[House]:
    """A house that serves, whose log begins with the first rows of the real file, or of one like it."""
    folder = Path(tempfile.mkdtemp(prefix="ct-"))
    folder.chmod(0o711)
    house = House(folder)
    try:
        _begin(house, str(pytestconfig.getoption("--history")))
        house.said("nats", "configure", "--consumer", "billing")
        token = house.said("token", "--role", "service", "--scope", "events.read", "--hours", "744")
        (folder / "billing.token").write_bytes(token)
        house.serve("relay", "api", "projector")
        house.until_up()
        (folder / "addresses.json").write_text(json.dumps(house.run("servers", "show")[1]))
        yield house
    finally:
        house.close()
        shutil.rmtree(folder, ignore_errors=True)


def _begin(house: House, history: str) -> None:
    if history == "demo":
        assert house.start("demo", "--exit").wait(LONG_SECONDS) == 0
        return
    part = house.folder / "part.csv"
    if history == "file":
        part = REAL_FILE
    elif REAL_FILE.is_file():
        with gzip.open(REAL_FILE, "rt", encoding="utf-8") as source, part.open("w", encoding="utf-8") as to:
            to.writelines(itertools.islice(source, ROWS + 1))
    else:
        retail_file(house.folder, [row(invoice=str(536365 + n // 4)) for n in range(ROWS)], part.name)
    assert house.start("import", "online-retail", str(part), "--associates", "3").wait(LONG_SECONDS) == 0


class Team:
    """A folder of another team, with the key and the token that it was given."""

    def __init__(self, house: House, folder: Path, packages: Path) -> None:
        self.house = house
        self.folder = folder
        self.database = folder / "billing.db"
        shutil.copy(house.folder / "embedded/nats/keys/billing.nk", folder)
        shutil.copy(house.folder / "billing.token", folder)
        (folder / "package.json").write_text('{"type": "module"}')
        (folder / "node_modules").symlink_to(packages / "node_modules")
        [wheel] = packages.glob("*.whl")
        root = Path(__file__).parents[2]
        addresses = json.loads((house.folder / "addresses.json").read_text())
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, (wheel, STAND_INS, root))),
            "NATS_URL": addresses["nats_url"],
            "API_URL": f"http://127.0.0.1:{house.port}",
        }

    def history(self) -> HttpHistory:
        return HttpHistory(
            self.environment["API_URL"], lambda: (self.folder / "billing.token").read_text().strip()
        )

    @contextmanager
    def at_work(self, *command: str) -> Generator[None]:
        """The program at work; at the end it is asked to stop, and does."""
        process = subprocess.Popen(
            command, cwd=self.folder, env=self.environment, stderr=subprocess.PIPE, text=True
        )
        try:
            yield
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=60)
            assert process.returncode == 0, said
        except BaseException:
            process.kill()
            sys.stderr.write(process.communicate()[1])
            raise

    def has(self, name: str, text: str) -> list[str]:
        """A program of theirs; the command that runs it."""
        (self.folder / name).write_text(text)
        return [str(NODE) if name.endswith(".ts") else sys.executable, name]

    def sales(self) -> dict[int, bytes]:
        return self._rows("SELECT position, sale FROM sales")

    def facts(self) -> dict[int, bytes]:
        return self._rows("SELECT position, fact FROM facts")

    def _rows(self, query: str) -> dict[int, bytes]:
        try:
            with closing(sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True)) as connection:
                return dict(connection.execute(query).fetchall())
        except sqlite3.OperationalError:
            return {}

    async def log(self) -> list[EventMessage]:
        history = self.history()
        return [one async for page in history.events(0, await history.end()) for one in page]

    async def sold(self) -> dict[int, bytes]:
        return {one.position: one.data for one in await self.log() if one.type == "sale.recorded.v1"}

    async def reconciled(self) -> bool:
        """Whether what the program has handled is what the log has, by the Python kit, whoever wrote it."""

        async def nothing(*_: Any) -> None:
            raise AssertionError("it was not equal")

        with closing(sqlite3.connect(self.database, isolation_level=None)) as connection:
            consumer = Consumer(SqliteStore(connection, "billing"), self.history(), nothing, nothing)
            state = await consumer.start()
            assert state.checkpoint.position == await self.history().end()
            return await consumer.reconcile() == []


@pytest.fixture
def team(shop: House, tmp_path: Path, packages: Path) -> Team:
    return Team(shop, tmp_path, packages)


def sell(house: House, key: str, customer: str | None = None) -> None:
    line = {"sku": "S1", "quantity": 1, "unit_price_minor": 1_000, "attribution": []}
    house.post("record-sale", key, store_id="downtown", currency="USD", lines=[line], customer_id=customer)


@pytest.mark.parametrize("language", ["python", "typescript"])
async def test_the_first_program_handles_everything_as_it_stands(team: Team, language: str) -> None:
    [text] = programs(BEGIN, language)
    command = team.has("billing.py" if language == "python" else "billing.ts", text)
    assert command[1] in text.splitlines()[0]

    async def has_all() -> bool:
        return team.sales() == await team.sold()

    assert len(await team.sold()) > 20
    with team.at_work(*command):
        await until(has_all, within_seconds=LONG_SECONDS)
        sell(team.house, f"while {language} is at work")
        await until(has_all, within_seconds=LONG_SECONDS)
    sell(team.house, f"after {language}")
    with team.at_work(*command):
        await until(has_all, within_seconds=LONG_SECONDS)
    assert await team.reconciled()


@pytest.mark.parametrize("language", ["python", "typescript"])
async def test_a_snapshot_and_its_tail_are_the_log(team: Team, language: str) -> None:
    end = await team.history().end()
    team.house.said("events", "export", str(team.folder / "history.jsonl"), "--up-to", str(end - 7))
    [text] = programs("A snapshot and its tail", language)
    [program] = programs(BEGIN, language)
    # In place of what consumes: the snapshot, and then what the log has behind it.
    if language == "python":
        body, found, _ = program.partition("    client = await nats.connect(")
        rest = f"    await load(consumer)\n    await consumer.catch_up()\n\n\n{text}\nasyncio.run(main())\n"
        command = team.has("snapshot.py", body + rest)
    else:
        body, found, _ = program.partition("const connection = await connect(")
        needed = [
            'import { createReadStream } from "node:fs";',
            'import { createInterface } from "node:readline";',
        ]
        command = team.has("snapshot.ts", "\n".join([*needed, body, text, "await consumer.catchUp();"]))
    assert found
    await asyncio.to_thread(subprocess.run, command, cwd=team.folder, env=team.environment, check=True)
    assert team.sales() == await team.sold()
    assert await team.reconciled()


async def test_a_name_is_asked_for_and_gone_when_the_customer_is_forgotten(team: Team) -> None:
    house = team.house
    plan = {"currency": "USD", "base_rate_minor": 800, "rate_bp": 675}
    anna = house.post("hire-associate", "hire", name="Anna", store_id="downtown", plan=plan)["ids"][
        "associate_id"
    ]
    registered = house.post("register-customer", "registered", name="Clara Fontaine")
    clara = registered["ids"]["customer_id"]
    owned = house.post("assign-owner", "owned", customer_id=clara, associate_id=anna, role="primary")
    house.get(f"/v1/associates/{anna}/book/{clara}", owned["position"])

    [event] = [
        one for one in await team.log() if one.subject == clara and one.type == "customer.registered.v1"
    ]
    assert json.loads(event.data)["name"].startswith(f"sealed:v1:{clara}:")
    assert [one.type for one in await team.log() if one.subject == clara][-1] == "customer.owner_assigned.v1"

    [text] = programs("Personal data", "python")
    asking: dict[str, Any] = {"API_URL": team.environment["API_URL"], "Request": Request, "urlopen": urlopen}
    token = house.said("token", "--role", "service", "--scope", "customers.read").decode().strip()
    asking |= {"HTTPError": HTTPError, "json": json, "token": lambda: token}
    exec(compile(ast.parse(text), "consumers.md", "exec"), asking)
    assert asking["name_of"](clara, anna) == "Clara Fontaine"
    # The scope by which events are read is not enough.
    asking["token"] = lambda: (team.folder / "billing.token").read_text().strip()
    with pytest.raises(HTTPError) as refused:
        asking["name_of"](clara, anna)
    assert refused.value.code == 403
    refused.value.close()

    asking["token"] = lambda: token
    house.post("forget-customer", "forgotten", customer_id=clara)
    assert asking["name_of"](clara, anna) is None
    [after] = [one for one in await team.log() if one.position == event.position]
    assert after.data == event.data


async def test_an_application_of_faststream_goes_on_when_the_stream_is_made_anew(team: Team) -> None:
    [text] = programs("FastStream", "python")
    command = team.has("billing_app.py", text)

    async def has_all() -> bool:
        return team.facts() == {one.position: one.data for one in await team.log()}

    with team.at_work(*command):
        await until(has_all, within_seconds=LONG_SECONDS)
        sell(team.house, "while the application is at work")
        await until(has_all, within_seconds=LONG_SECONDS)
        await asyncio.to_thread(team.house.said, "events", "republish", "--anew", "--yes")
        sell(team.house, "when the stream is another one")
        await until(has_all, within_seconds=LONG_SECONDS)
    assert await team.reconciled()
