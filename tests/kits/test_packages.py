"""The packages that `make kits` builds hold what their users need, and the Node one consumes."""

import json
import subprocess
import sys
import tarfile
import zipfile
from contextlib import closing
from pathlib import Path
from sqlite3 import OperationalError, connect
from typing import Self

import msgspec
import pytest

from infra.embedded import NatsServer
from tests.infra.messaging.builders import until
from tests.kits.test_stream import BILLING, Published, server
from tests.node import NODE

__all__ = ["server"]

pytestmark = pytest.mark.timeout(240)


def test_the_packages_have_what_their_users_need_and_nothing_of_the_product(
    packages: Path, tmp_path: Path
) -> None:
    [wheel] = packages.glob("*.whl")
    assert "clienteling_events/py.typed" in zipfile.ZipFile(wheel).namelist()
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import clienteling_events.stream; "
        "from clienteling_events.testing import golden; golden('sale.recorded.v1')"
    )
    room = "sys.exit(any(name.split('.')[0] in ('domain', 'infra', 'services') for name in sys.modules))"
    subprocess.run([sys.executable, "-P", "-c", f"{code}; {room}", str(wheel)], cwd=tmp_path, check=True)
    [package] = packages.glob("*.tgz")
    with tarfile.open(package) as files:
        names = files.getnames()
    assert {"package/dist/index.js", "package/dist/index.d.ts", "package/dist/golden.js"} <= set(names)
    assert not any(name.endswith(".ts") and not name.endswith(".d.ts") for name in names)


class NodeConsumer:
    """The consumer in Node, on a house that is told of in a file of a folder, with a database in SQLite."""

    def __init__(self, published: Published, packages: Path, folder: Path, database: str = "") -> None:
        self.published = published
        self.database, self.log = folder / "billing.db", folder / "node.log"
        seed = published.server.keys / f"{BILLING}.nk"
        given = [packages, published.server.url, seed, folder / "house.json", database or self.database]
        script = Path(__file__).with_name("consumer.mjs")
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [str(NODE), str(script), *map(str, given)],
                stdout=output,
                stderr=output,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def facts(self) -> dict[int, str]:
        """What it has handled; nothing before it has made its tables."""
        assert self.process.poll() is None, self.log.read_text()
        try:
            with closing(connect(f"{self.database.as_uri()}?mode=ro", uri=True)) as connection:
                return dict(connection.execute("SELECT position, fact FROM facts").fetchall())
        except OperationalError:
            return {}

    async def has_all(self) -> None:
        """Returns when it has what the log has."""
        await until(lambda: self.facts() == self.published.house.facts(), within_seconds=90)


def tell(published: Published, folder: Path) -> None:
    """Write what the API would answer, at once as a whole."""
    log = [
        {"previousPosition": one.previous_position, "data": one.data.decode()}
        | {
            name: getattr(one, name)
            for name in ("position", "epoch", "version", "type", "subject", "customer", "id")
        }
        for one in published.house.log
    ]
    document = {"epochs": msgspec.to_builtins(published.house.epochs), "log": log}
    (folder / "new.json").write_text(json.dumps(document))
    (folder / "new.json").replace(folder / "house.json")


async def test_a_consumer_in_node_goes_on_whatever_becomes_of_the_stream(
    server: NatsServer, packages: Path, tmp_path: Path
) -> None:
    published = Published(server)
    await published.publish(6)
    tell(published, tmp_path)
    with NodeConsumer(published, packages, tmp_path) as consumer:
        await consumer.has_all()
        server.kill()
        server.start()
        await published.publish(3)
        tell(published, tmp_path)
        await consumer.has_all()
    # Two restores while it is away, and a stream that begins anew.
    for _ in range(2):
        published.house.restore()
        published.house.record_some(4)
    await published.delete(stream=True)
    await published.publish(0)
    tell(published, tmp_path)
    with NodeConsumer(published, packages, tmp_path) as consumer:
        await consumer.has_all()
