"""Tables of a house that has grown: the same rows once more for each further shop, whose people and stores
are others; and what a statement reads of them.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, Final

from psycopg import Connection
from psycopg.sql import Literal

from domain.messages import Event
from projections.registry import ALL
from tests.domain.builders.money_commands import STORE
from tests.projections.folding import folded
from tests.projections.stored import create_tables, store

#: The same row of another shop: identifiers, stores and positions become others. What is the company's stays.
MULTIPLY: Final = """
    INSERT INTO projections.{table} ({columns})
    SELECT {columns} FROM (
        SELECT regexp_replace(regexp_replace(to_json(one)::text,
            '(cus|sal|act|ass|acc|rno|sto)_[0-9a-f]{{8}}', '\\1_' || lpad(to_hex(shop), 8, '0'), 'g'
        ), '"({stores})"', '"\\1 ' || shop || '"', 'g')::json AS changed, shop
        FROM projections.{table} AS one, generate_series(%(since)s::integer, %(until)s::integer) AS shop
        WHERE one.position < 1000
    ) AS of_shop, json_populate_record(
        json_populate_record(NULL::projections.{table}, changed),
        json_build_object('position', (changed->>'position')::bigint + shop * 1000)
    )
    ON CONFLICT DO NOTHING
"""
COLUMNS: Final = """
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
"""
_numbers = count(1)


def open_house(connection: Connection[Any], events: list[Event]) -> None:
    """Fill the tables of all projections with the rows of one shop."""
    for projection in ALL:
        create_tables(connection, projection)
        store(connection, folded(projection, *events))


def grow(connection: Connection[Any], since: int, until: int) -> None:
    """Add the rows of the shops from one number to another."""
    for projection in ALL:
        names = [f"{projection.name}_g1"]
        names += [f"{names[0]}_{projection.journal.suffix}"] if projection.journal else []
        for table in names:
            ((columns,),) = connection.execute(COLUMNS, (f"projections.{table}",)).fetchall()
            statement = MULTIPLY.format(table=table, columns=columns, stores=f"{STORE}|uptown|downtown")
            connection.execute(statement.encode(), {"since": since, "until": until})
    connection.execute("VACUUM (ANALYZE)")


def work_of(connection: Connection[Any], sql: str, parameters: Mapping[str, Any], *, generic: bool) -> int:
    """What a statement reads: blocks, and rows that are looked at and left.

    `generic`: planned without knowing the parameters, as what a session prepared may be.
    """
    named: list[str] = []

    def numbered(found: re.Match[str]) -> str:
        named.append(found[1])
        return f"${len(named)}"

    name = f"counted_{next(_numbers)}"
    statement = re.sub(r"%\((\w+)\)s", numbered, sql)
    plan = "generic" if generic else "custom"
    connection.execute(f"SET plan_cache_mode = force_{plan}_plan".encode())
    connection.execute(f"PREPARE {name} AS {statement}".encode())
    values = ", ".join(Literal(parameters[one]).as_string(connection) for one in named)
    explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE {name}" + (f"({values})" if named else "")
    # What a first look leaves behind (hints, the catalog) is none of it.
    connection.execute(explain.encode())
    (((plan_of,),),) = connection.execute(explain.encode()).fetchall()
    root = plan_of["Plan"]
    blocks = root["Shared Hit Blocks"] + root["Shared Read Blocks"]
    rows = sum(node["Actual Rows"] * node["Actual Loops"] for node in _nodes(root))
    left = sum(node.get("Rows Removed by Filter", 0) * node["Actual Loops"] for node in _nodes(root))
    return int(blocks + rows + left)


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from _nodes(inner)
