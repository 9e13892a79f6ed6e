"""Every byte that a data directory holds, searched for texts in whatever form a program may have written
them.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pyarrow.parquet
from psycopg import sql

CHUNK_BYTES = 64 * 1024 * 1024


def forms_of(text: str) -> set[bytes]:
    """A text as UTF-8, UTF-16, hex digits, base64 at any offset, in an address, in JSON, folded, and its
    digests.
    """
    forms: set[bytes] = set()
    for spelled in {text, text.casefold()}:
        clear = spelled.encode()
        forms |= {clear, spelled.encode("utf-16-le"), spelled.encode("utf-16-be"), clear.hex().encode()}
        forms |= {quote(spelled, safe="").encode(), json.dumps(spelled).strip('"').encode()}
        forms |= set(_base64_of(clear))
        digest = hashlib.sha256(clear)
        forms |= {digest.digest(), digest.hexdigest().encode(), hashlib.md5(clear).digest()}
    return forms


def bytes_forms_of(content: bytes) -> set[bytes]:
    """Raw bytes as they are, and as texts would give them."""
    return {content, content.hex().encode(), content.hex().upper().encode(), *_base64_of(content)}


def _base64_of(clear: bytes) -> Iterator[bytes]:
    """What is the same in base64 whatever stands before and behind."""
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(b"\0" * before + clear + b"\0" * 3).rstrip(b"=")
            first = -(-before * 8 // 6)
            last = (before + len(clear)) * 8 // 6
            yield encoded[first:last]


def places_of(folder: Path, forms: Iterable[bytes]) -> list[str]:
    """The files below a folder that hold one of these, with the byte it begins at and what stands around
    it.
    """
    wanted = sorted(set(forms))
    found: list[str] = []
    for file in sorted(each for each in folder.rglob("*") if each.is_file()):
        for number, chunk in enumerate(_chunks(file, max(map(len, wanted)))):
            for form in wanted:
                if (at := chunk.find(form)) >= 0:
                    around = chunk[max(0, at - 60) : at + len(form) + 60]
                    found.append(f"{file.relative_to(folder)} at {number * CHUNK_BYTES + at}: {around!r}")
    return found


def _chunks(file: Path, overlap: int) -> Iterator[bytes]:
    try:
        with file.open("rb") as content:
            rest = b""
            while read := content.read(CHUNK_BYTES):
                yield rest + read
                rest = read[-overlap:]
    except FileNotFoundError:
        # PostgreSQL removes files while it works.
        return


def write_down(database_url: str, file: Path) -> None:
    """Every row of every table of the database, those of the catalog and our views included, as text:
    nothing hides by being compressed.
    """
    with psycopg.connect(database_url, autocommit=True) as connection, file.open("wb") as target:
        connection.execute("CHECKPOINT")
        tables = connection.execute(
            "SELECT nspname, relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
            "WHERE relkind IN ('r', 'm') OR relkind = 'v' AND nspname NOT IN ('pg_catalog', "
            "'information_schema')"
        ).fetchall()
        for schema, table in tables:
            query = sql.SQL("COPY (SELECT t::text FROM {} AS t) TO STDOUT")
            with connection.cursor().copy(query.format(sql.Identifier(schema, table))) as rows:
                for row in rows:
                    target.write(row)


def unpacked(parquet: Path, file: Path) -> int:
    """Writes the rows of a Parquet file down as JSON lines; how many there are."""
    rows = pyarrow.parquet.read_table(parquet).to_pylist()
    file.write_text("\n".join(json.dumps(row, default=str, ensure_ascii=False) for row in rows))
    return len(rows)
