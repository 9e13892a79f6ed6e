"""The TypeScript of docs/consumers.md passes the compiler, strict, with the package as it is built."""

import subprocess
from pathlib import Path

from tests.kits.recipes import programs
from tests.node import NODE

#: What the shorter pieces leave out.
BEFORE = """
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { Consumer, HttpHistory, Parking, SqliteStore } from "@clienteling/events";
const store = new SqliteStore(new DatabaseSync("billing.db"), "billing");
const history = new HttpHistory("https://shop.example");
const handle = (transaction: DatabaseSync) => transaction.exec("SELECT 1");
const setBack = (_: DatabaseSync, position: number) => console.log(position);
"""
BEFORE_POSTGRES = 'const DATABASE_URL = "postgresql://";\n'
#: A handler is given the client of `pg` with its own type.
HANDLING = """
new Consumer(store, new HttpHistory("https://shop.example"), {
  async handle(transaction: Client) { await transaction.query({ text: "SELECT 1" }); },
  setBack() {},
});
"""
OPTIONS = (
    "--noEmit",
    "--strict",
    "--target",
    "es2023",
    "--module",
    "nodenext",
    "--skipLibCheck",
    "--types",
    "node",
)


def test_the_pieces_of_typescript_compile(packages: Path, tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(packages / "node_modules")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    consumer = "const consumer = new Consumer(store, history, { handle, setBack });\n"
    pieces = {
        "begin": "".join(programs("Begin: a consumer in ten minutes", "typescript")),
        "snapshot": BEFORE + consumer + "".join(programs("A snapshot and its tail", "typescript")),
        "parking": BEFORE + "".join(programs("Events that cannot be handled", "typescript")),
        "postgres": BEFORE_POSTGRES
        + "".join(programs("The checkpoint in PostgreSQL", "typescript"))
        + HANDLING,
    }
    for name, text in pieces.items():
        assert "clienteling" in text
        (tmp_path / f"{name}.ts").write_text(text)
    compiler = packages / "node_modules/typescript/bin/tsc"
    files = [f"{name}.ts" for name in pieces]
    done = subprocess.run(
        [str(NODE), str(compiler), *OPTIONS, *files],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
